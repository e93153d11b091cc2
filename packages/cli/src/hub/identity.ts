// Who this hub's process is to members: an identity and a key that live in the data folder, so that the same hub
// restarted goes on at once.
import { createHmac, randomBytes } from 'node:crypto'
import type { Env } from '@flotilla/runtime/env'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { DataFolder } from './data-folder.ts'
import { readPrivate, writePrivate } from './private-file.ts'

export interface HolderIdentity {
  readonly holder: string
  /** Grows when the hub is taken over. */
  readonly generation: number
  /** HMAC under the hub's own key: what members see of what we state. */
  hmac(text: string): string
}

interface Stored {
  readonly holder: string
  readonly generation: number
  readonly hmacKey: string
}

export function ensureIdentity(env: Env, folder: Pick<DataFolder, 'file'>): HolderIdentity {
  const path = folder.file('holder.json')
  const text = readPrivate(path)
  const stored = text === undefined ? newIdentity(env) : parseIdentity(text, path)
  if (text === undefined) writePrivate(path, `${JSON.stringify(stored)}\n`)
  const key = Buffer.from(stored.hmacKey, 'base64')
  return {
    holder: stored.holder,
    generation: stored.generation,
    hmac: (value) => createHmac('sha256', key).update(value).digest('base64url'),
  }
}

function newIdentity(env: Env): Stored {
  return { holder: env.uuid(), generation: 1, hmacKey: randomBytes(32).toString('base64') }
}

function parseIdentity(text: string, path: string): Stored {
  try {
    const { holder, generation, hmacKey } = JSON.parse(text) as Partial<Stored>
    if (holder && generation && hmacKey) return { holder, generation, hmacKey }
  } catch {
    // Said below.
  }
  throw new FlotillaError('Invalid', `Cannot read ${path}: it holds no identity. Next: restore it from a backup`)
}
