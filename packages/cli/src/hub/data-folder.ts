// The folder that holds a hub: opened by one process at a time, of a format that this version knows.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { FlotillaError } from '@flotilla/machinery/errors'
import { readPrivate, writePrivate } from './private-file.ts'

export interface DataFolder extends Disposable {
  readonly path: string
  /** Nothing was here before. */
  readonly isNew: boolean
  file(name: string): string
  /** Lets another process in. */
  close(): void
}

/** Grows with every change that an older version would misread. */
const format = 1
const formatFile = 'format.json'
const lockFile = 'lock'
export const membersFolder = 'members'
const pidFile = 'pid'

/**
 * Takes the folder for this process. Nothing of a folder that is refused is changed.
 * @throws Invalid (of another format, or not ours), Conflict (another process has it), Unavailable (not writable).
 */
export function openDataFolder(path: string): DataFolder {
  // Stores make their files as they go; whatever the folder's own mode, nobody else is to read them.
  process.umask(0o077)
  const entries = entriesOf(path)
  const isNew = !entries.includes(formatFile)
  if (isNew) checkEmpty(path, entries)
  else checkFormat(path)
  const lock = attempt(path, () => takeLock(path))
  attempt(path, () => {
    if (isNew) writePrivate(join(path, formatFile), `${JSON.stringify({ format })}\n`)
    writePrivate(join(path, pidFile), `${process.pid}\n`)
  })
  const close = () => lock.close()
  return { path, isNew, file: (name) => join(path, name), close, [Symbol.dispose]: close }
}

/** A hub was started there once. */
export function isDataFolder(path: string): boolean {
  return existsSync(join(path, formatFile))
}

/** A demo keeps its members there. */
export function isDemoFolder(path: string): boolean {
  return existsSync(join(path, membersFolder))
}

function entriesOf(path: string): readonly string[] {
  return attempt(path, () => {
    makeFolder(path)
    return readdirSync(path)
  })
}

/** Parent by parent: Node's own way of it never ends where a file system, such as /proc, lets nothing be made. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  const parent = dirname(path)
  if (parent !== path) makeFolder(parent)
  mkdirSync(path, { mode: 0o700 })
}

/** A lock and a pid without a format are left by a start that was cut short. */
function checkEmpty(path: string, entries: readonly string[]): void {
  const own = new Set([lockFile, `${lockFile}-journal`, pidFile])
  const others = entries.filter((name) => !own.has(name) && !name.endsWith('.tmp'))
  if (others.length === 0) return
  const some = others.slice(0, 3).join(', ')
  throw refusal(
    'Invalid',
    path,
    `it holds other files (${some}) and no hub. Next: name an empty folder with --data-dir`,
  )
}

function checkFormat(path: string): void {
  const found = attempt(path, () => formatIn(readFileSync(join(path, formatFile), 'utf8')))
  if (found === format) return
  const why =
    typeof found === 'number' && found > format
      ? `its format is ${found} and this version of flotilla knows ${format}. Next: start it with the newer flotilla that made it, or name another folder with --data-dir`
      : `its ${formatFile} says no format that this version knows. Next: name another folder with --data-dir, or restore this one from a backup`
  throw refusal('Invalid', path, why)
}

function formatIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly format?: unknown }).format
  } catch {
    return undefined
  }
}

/** The lock of an open transaction: it ends with the process, however that ends. */
function takeLock(path: string): DatabaseSync {
  const database = new DatabaseSync(join(path, lockFile))
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if (!(error instanceof Error) || !/locked|busy/i.test(error.message)) throw error
    const pid = readPrivate(join(path, pidFile))?.trim()
    const holder = pid === undefined ? 'another process' : `process ${pid}`
    throw refusal(
      'Conflict',
      path,
      `${holder} is using it. Next: stop that one, or name another folder with --data-dir`,
    )
  }
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (error instanceof FlotillaError) throw error
    throw refusal('Unavailable', path, whyNot(error), error)
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'it is not writable for this user',
  EPERM: 'it is not writable for this user',
  EROFS: 'its file system is read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it is a file',
  ENOENT: 'nothing can be made there',
  ENOSPC: 'its disk is full',
  EDQUOT: 'the disk quota is used up',
}

/** What a failure of the file system or of SQLite means, and what to do. */
export function whyNot(error: unknown): string {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : { code: '', message: '' }
  if (code !== undefined && Object.hasOwn(reasons, code)) return `${reasons[code]}. Next: ${nextFor(code)}`
  if (/disk is full|SQLITE_FULL/i.test(message)) return `${reasons['ENOSPC']}. Next: ${nextFor('ENOSPC')}`
  if (/readonly|unable to open/i.test(message)) return `${reasons['EACCES']}. Next: ${nextFor('EACCES')}`
  return message === '' ? String(error) : message
}

function nextFor(code: string): string {
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return isFull ? 'free some space and start again' : 'name another folder with --data-dir'
}

function refusal(code: 'Invalid' | 'Conflict' | 'Unavailable', path: string, why: string, cause?: unknown) {
  return new FlotillaError(code, `Cannot use the data folder ${path}: ${why}`, {}, { cause })
}
