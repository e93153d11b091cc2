// Encrypts what must not be readable on disk: AES-256-GCM under a data key, which a key file's key wraps.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { closeSync, fstatSync, linkSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { FlotillaError, isError } from '@flotilla/machinery/errors'

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16

export interface Envelope {
  /** `place` names where the value belongs; the value opens nowhere else. */
  seal(value: string, place: string): Buffer
  /** Throws Internal when the value was changed, moved, or sealed under another key. */
  open(sealed: Uint8Array, place: string): string
}

export function createEnvelope(key: Uint8Array): Envelope {
  return {
    seal: (value, place) => seal(key, Buffer.from(value), place),
    open: (sealed, place) => open(key, sealed, place).toString(),
  }
}

/** A new data key, wrapped for storage beside the data. */
export function wrapNewKey(keyOfFile: Uint8Array): Buffer {
  return seal(keyOfFile, randomBytes(keyBytes), 'data key')
}

/** Throws Unavailable when the key file is not the one that the data key was wrapped with. */
export function unwrapKey(keyOfFile: Uint8Array, wrapped: Uint8Array, path: string): Buffer {
  try {
    return open(keyOfFile, wrapped, 'data key')
  } catch (error) {
    if (!isError(error)) throw error
    const why = 'it is not the key that this data was encrypted with; put the original key file back'
    throw new FlotillaError('Unavailable', `Cannot use key file ${path}: ${why}`, {}, { cause: error })
  }
}

/** The key in `path`, made (readable by its owner only) when there is no file. Throws Unavailable naming the file. */
export function readOrCreateKey(path: string): Buffer {
  try {
    return createKey(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw fileError(path, error)
    return readKey(path)
  }
}

/** Appears whole or not at all, whenever the process dies. Throws EEXIST. */
function createKey(path: string): Buffer {
  const draft = `${path}.${randomBytes(8).toString('hex')}`
  const key = randomBytes(keyBytes)
  try {
    writeFileSync(draft, key, { flag: 'wx', mode: 0o600, flush: true })
    linkSync(draft, path)
    return key
  } finally {
    rmSync(draft, { force: true })
  }
}

function readKey(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const mode = fstatSync(file).mode & 0o777
    if ((mode & 0o077) !== 0) {
      const why = `others can read it (mode ${mode.toString(8)}); run: chmod 600 ${path}`
      throw new FlotillaError('Unavailable', `Cannot use key file ${path}: ${why}`)
    }
    const key = Buffer.alloc(keyBytes + 1)
    const length = readSync(file, key)
    if (length === keyBytes) return key.subarray(0, keyBytes)
    throw new FlotillaError(
      'Unavailable',
      `Cannot use key file ${path}: it holds ${length} bytes instead of ${keyBytes}; put the original key file back`,
    )
  } finally {
    closeSync(file)
  }
}

function fileError(path: string, error: unknown): FlotillaError {
  const why = error instanceof Error ? error.message : String(error)
  return new FlotillaError('Unavailable', `Cannot create key file ${path}: ${why}`, {}, { cause: error })
}

function seal(key: Uint8Array, value: Uint8Array, place: string): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
  const body = Buffer.concat([cipher.update(value), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body])
}

function open(key: Uint8Array, sealed: Uint8Array, place: string): Buffer {
  const nonce = sealed.subarray(0, nonceBytes)
  const tag = sealed.subarray(nonceBytes, nonceBytes + tagBytes)
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    decipher.setAAD(Buffer.from(place)).setAuthTag(tag)
    return Buffer.concat([decipher.update(sealed.subarray(nonceBytes + tagBytes)), decipher.final()])
  } catch (error) {
    throw new FlotillaError(
      'Internal',
      `Cannot decrypt ${place}: the stored value does not fit the key`,
      {},
      { cause: error },
    )
  }
}
