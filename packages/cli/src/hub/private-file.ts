// Files that only their owner may read, and that are never seen half written.
import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'

/** Replaces the file at once: a crash leaves the old one or the new one. */
export function writePrivate(path: string, text: string): void {
  const fresh = `${path}.${process.pid}.tmp`
  try {
    const file = openSync(fresh, 'w', 0o600)
    try {
      // Whatever the umask added or a left-over file had.
      chmodSync(fresh, 0o600)
      writeSync(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(fresh, path)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  }
}

/** Undefined when there is no such file. */
export function readPrivate(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
