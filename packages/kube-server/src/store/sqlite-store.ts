// The durable store: the core store over a journal in one SQLite file of the data folder.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import { CoreStore } from './core-store.ts'
import { createEnvelope, readOrCreateKey, unwrapKey, wrapNewKey } from './envelope.ts'
import { SqliteJournal } from './sqlite-journal.ts'
import type { Store } from './store.ts'

export interface SqliteStoreOptions {
  readonly env: Env
  /** Made when it does not exist, for its owner only. */
  readonly folder: string
  /** Default: `encryption.key` in the folder. */
  readonly keyFile?: string
  readonly history?: number
  readonly freeze?: boolean
}

/**
 * Throws Unavailable when the folder cannot be used: another process holds it, a newer version wrote it, the key file
 * does not fit or is readable by others, the disk fails.
 */
export function openSqliteStore(options: SqliteStoreOptions): Store {
  const { env, folder, history, freeze } = options
  makeFolder(folder)
  const keyFile = options.keyFile ?? join(folder, 'encryption.key')
  const keyOfFile = readOrCreateKey(keyFile)
  const journal = SqliteJournal.open(join(folder, 'store.sqlite'))
  try {
    const wrapped = journal.readMeta('data_key') ?? journal.writeMeta('data_key', wrapNewKey(keyOfFile))
    journal.setEnvelope(createEnvelope(unwrapKey(keyOfFile, wrapped as Uint8Array, keyFile)))
    const loaded = journal.load()
    return new CoreStore({
      env,
      journal,
      loaded,
      ...(history === undefined ? {} : { history }),
      ...(freeze === undefined ? {} : { freeze }),
    })
  } catch (error) {
    journal.close()
    throw error
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new FlotillaError('Unavailable', `Cannot create data folder ${folder}: ${why}`, {}, { cause: error })
  }
}
