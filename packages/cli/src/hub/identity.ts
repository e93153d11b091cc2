// Who this hub's process is to members: an identity and a key that live in the data folder, so that the same hub
// restarted goes on at once. A copy of the folder is another holder, which waits for the first one's leases to end.
import { createHmac, randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
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
  /** Of the folder that it was given for; none: of an older version. */
  readonly place?: string | undefined
  readonly generation: number
  readonly hmacKey: string
}

export function ensureIdentity(env: Env, folder: Pick<DataFolder, 'file'>): HolderIdentity {
  const path = folder.file('holder.json')
  const text = readPrivate(path)
  const known = text === undefined ? undefined : parseIdentity(text, path)
  const stored = identityAt(env, placeOf(folder), known)
  if (known === undefined || stored.place !== known.place) writePrivate(path, `${JSON.stringify(stored)}\n`)
  const key = Buffer.from(stored.hmacKey, 'base64')
  return {
    holder: stored.holder,
    generation: stored.generation,
    hmac: (value) => createHmac('sha256', key).update(value).digest('base64url'),
  }
}

function identityAt(env: Env, place: string | undefined, known: Stored | undefined): Stored {
  if (known === undefined)
    return { holder: env.uuid(), place, generation: 1, hmacKey: randomBytes(32).toString('base64') }
  const isCopied = known.place !== undefined && place !== undefined && known.place !== place
  return { ...known, place: place ?? known.place, ...(isCopied ? { holder: env.uuid() } : {}) }
}

/** Where a file that is written once lies on its disk, and since when: a copy of it, or a restored one, says otherwise. */
function placeOf(folder: Pick<DataFolder, 'file'>): string | undefined {
  const found = statSync(folder.file('format.json'), { throwIfNoEntry: false })
  return found && `${found.ino}-${Math.round(found.birthtimeMs)}`
}

function parseIdentity(text: string, path: string): Stored {
  try {
    const { holder, place, generation, hmacKey } = JSON.parse(text) as Partial<Stored>
    if (holder && generation && hmacKey) return { holder, place, generation, hmacKey }
  } catch {
    // Said below.
  }
  throw new FlotillaError('Invalid', `Cannot read ${path}: it holds no identity. Next: restore it from a backup`)
}
