// The revision log in SQLite: one row for each write. The newest row of a key is the object; the rows before it are
// the past, kept as long as events of the past can be asked for. So each change is written once.
import { closeSync, fdatasync, fsync, openSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Journal } from './core-store.ts'
import type { Envelope } from './envelope.ts'
import { ReachedMark } from './reached-mark.ts'
import type { StoreEvent, Stored } from './store.ts'
import { resourceOfKey } from './store.ts'

/** Of the tables below. A higher one was written by a newer release. */
const schemaVersion = 1

const schema = `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE log (revision INTEGER PRIMARY KEY, key TEXT NOT NULL, value);
  INSERT INTO meta VALUES ('compacted', 0);
`

/** Steps from version N to N + 1, in order; the first release has none. */
const migrations: readonly string[] = []

/** Beside the database. */
const reachedFile = 'store.reached'

const encrypted = new Set(['secrets'])

const sync = promisify(fdatasync)

interface Row {
  readonly revision: number
  readonly key: string
  /** Null: deleted. */
  readonly value: string | Uint8Array | null
}

export interface Loaded {
  readonly compacted: number
  readonly objects: readonly Stored[]
  readonly events: readonly StoreEvent[]
}

export class SqliteJournal implements Journal {
  private readonly database: DatabaseSync
  private readonly path: string
  private readonly insert: StatementSync
  private readonly remove: StatementSync
  private readonly setMeta: StatementSync
  private readonly reached: ReachedMark
  /** The last revision of the transactions so far. */
  private appended = 0
  /** SQLite's write-ahead log, into which every transaction goes. */
  private writeAhead: number | undefined
  private envelope: Envelope | undefined
  /** Rows that the next transaction may remove, and up to where the log is forgotten by then. */
  private garbage: number[] = []
  private compacted: number | undefined

  /** Throws Unavailable when the file is locked, newer, or unreadable. */
  static open(path: string): SqliteJournal {
    return readable(path, () => new SqliteJournal(path))
  }

  private constructor(path: string) {
    this.path = path
    this.database = openDatabase(path)
    try {
      migrate(this.database, path)
      this.insert = this.database.prepare('INSERT INTO log VALUES (?, ?, ?)')
      this.remove = this.database.prepare('DELETE FROM log WHERE revision = ?')
      this.setMeta = this.database.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)')
      this.reached = new ReachedMark(join(dirname(path), reachedFile))
    } catch (error) {
      this.database.close()
      throw error
    }
  }

  setEnvelope(envelope: Envelope): void {
    this.envelope = envelope
  }

  readMeta(name: string): unknown {
    return this.database.prepare('SELECT value FROM meta WHERE name = ?').get(name)?.value
  }

  writeMeta<T extends SQLInputValue>(name: string, value: T): T {
    this.setMeta.run(name, value)
    return value
  }

  /** Throws Unavailable when the file is damaged, or ends before what it had reached. */
  load(): Loaded {
    const loaded = readable(this.path, () => this.readAll())
    this.checkReached(Math.max(loaded.compacted, loaded.events.at(-1)?.revision ?? 0))
    return loaded
  }

  private checkReached(revision: number): void {
    const { revision: reached = 0, path } = this.reached
    if (revision < reached) {
      const lost = `it ends at revision ${revision} and had reached ${reached}: acknowledged writes are lost`
      const how = `${this.path}-wal is gone or cut short, or an older file was put in its place`
      const next = `Next: restore the whole data folder from a backup, or remove ${path} to go on without them`
      throw new FlotillaError('Unavailable', `Cannot use ${this.path}: ${lost}. ${how}. ${next}`)
    }
    this.reached.note(revision)
  }

  private readAll(): Loaded {
    const compacted = Number(this.readMeta('compacted') ?? 0)
    const objects = new Map<string, Stored>()
    const events: StoreEvent[] = []
    const statement = this.database.prepare('SELECT revision, key, value FROM log ORDER BY revision')
    for (const row of statement.iterate() as IterableIterator<unknown> as IterableIterator<Row>) {
      const event = this.eventOf(row, objects.get(row.key))
      if (event === undefined) continue
      if (row.value === null) objects.delete(row.key)
      else objects.set(row.key, { key: event.key, object: event.object, revision: event.revision })
      if (row.revision > compacted) events.push(event)
    }
    return { compacted, objects: [...objects.values()], events }
  }

  append(events: readonly StoreEvent[]): void {
    try {
      this.database.exec('BEGIN')
      for (const event of events) this.insert.run(event.revision, event.key, this.encode(event))
      for (const revision of this.garbage) this.remove.run(revision)
      if (this.compacted !== undefined) this.setMeta.run('compacted', this.compacted)
      this.database.exec('COMMIT')
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('ROLLBACK')
      throw this.writeError(events, error)
    }
    this.garbage = []
    this.compacted = undefined
    this.appended = events.at(-1)?.revision ?? this.appended
  }

  /** SQLite itself would stop the whole process for as long as the disk takes. */
  async sync(): Promise<void> {
    const { appended } = this
    this.writeAhead ??= await openDurably(`${this.path}-wal`)
    await sync(this.writeAhead)
    this.reached.note(appended)
  }

  /** What an event superseded is of no use any more, nor is the mark of a deletion. */
  forget(events: readonly StoreEvent[], compacted: number): void {
    this.compacted = compacted
    for (const { before, type, revision } of events) {
      if (before !== undefined) this.garbage.push(before.revision)
      if (type === 'DELETED') this.garbage.push(revision)
    }
  }

  close(): void {
    if (this.database.isOpen) {
      this.database.close()
      this.reached.close()
    }
    if (this.writeAhead !== undefined) closeSync(this.writeAhead)
    this.writeAhead = undefined
  }

  private encode({ type, key, object, revision }: StoreEvent): string | Uint8Array | null {
    if (type === 'DELETED') return null
    const text = JSON.stringify(object)
    if (!encrypted.has(resourceOfKey(key))) return text
    return this.requireEnvelope().seal(text, `${key}@${revision}`)
  }

  private decode({ key, value, revision }: Row): KubeObject {
    try {
      const text =
        typeof value === 'string' ? value : this.requireEnvelope().open(value as Uint8Array, `${key}@${revision}`)
      return JSON.parse(text) as KubeObject
    } catch (error) {
      throw damaged(this.path, `${key} at revision ${revision} is no object any more`, error)
    }
  }

  private eventOf(row: Row, before: Stored | undefined): StoreEvent | undefined {
    const { key, revision } = row
    if (row.value !== null) {
      const object = this.decode(row)
      return { key, revision, object, type: before === undefined ? 'ADDED' : 'MODIFIED', ...(before ? { before } : {}) }
    }
    if (before === undefined) return undefined
    const metadata = { ...before.object.metadata, resourceVersion: String(revision) }
    return { key, revision, object: { ...before.object, metadata }, type: 'DELETED', before }
  }

  private requireEnvelope(): Envelope {
    if (this.envelope === undefined) throw new FlotillaError('Internal', `Cannot use ${this.path}: no key was set`)
    return this.envelope
  }

  private writeError(events: readonly StoreEvent[], error: unknown): FlotillaError {
    const [first] = events
    const more = events.length > 1 ? ` and ${events.length - 1} more` : ''
    return new FlotillaError(
      'Unavailable',
      `Cannot store ${first?.key}${more} in ${this.path}: ${whyNotStored(error)}`,
      {},
      { cause: error },
    )
  }
}

/** Runs `read`, wording what SQLite finds wrong with the file. */
function readable<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof FlotillaError) throw error
    throw damaged(path, error instanceof Error ? error.message : String(error), error)
  }
}

function damaged(path: string, why: string, cause: unknown): FlotillaError {
  const next = 'Next: restore the data folder from a backup'
  return new FlotillaError('Unavailable', `Cannot read ${path}: ${why}. ${next}`, {}, { cause })
}

function whyNotStored(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error)
  if (/disk is full/.test(why)) return 'the disk is full. Next: free some space and try again'
  return /I\/O error/.test(why) ? `the disk fails (${why}). Next: see to the disk and try again` : why
}

/** Opens a file that was just made, once its folder durably names it. */
async function openDurably(path: string): Promise<number> {
  const folder = openSync(dirname(path), 'r')
  try {
    await promisify(fsync)(folder)
  } finally {
    closeSync(folder)
  }
  return openSync(path, 'r')
}

function openDatabase(path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path)
    // Exclusive: the first write takes the file for as long as it is open, and a second process is told so.
    // Normal: SQLite syncs around checkpoints, and each transaction is synced by `sync`.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    database.exec('BEGIN EXCLUSIVE; COMMIT')
    return database
  } catch (error) {
    database?.close()
    const text = error instanceof Error ? error.message : String(error)
    if (/malformed|not a database/.test(text)) throw damaged(path, text, error)
    const why = /locked|busy/i.test(text)
      ? 'another process is using it; stop that one or choose another data folder'
      : text
    throw new FlotillaError('Unavailable', `Cannot open ${path}: ${why}`, {}, { cause: error })
  }
}

function migrate(database: DatabaseSync, path: string): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0)
  if (version > schemaVersion) {
    const why = `a newer release wrote it (schema ${version}, this one knows up to ${schemaVersion}); run that release, or choose another data folder`
    throw new FlotillaError('Unavailable', `Cannot open ${path}: ${why}`)
  }
  if (version === schemaVersion) return
  const steps = version === 0 ? [schema] : migrations.slice(version - 1)
  database.exec(`BEGIN; ${steps.join(';')}; PRAGMA user_version = ${schemaVersion}; COMMIT`)
}
