// How far a store has come, in a file of its own beside it: a write-ahead log that was cut short, or is gone, reads like
// one that ends there, and this alone tells that acknowledged writes are lost.
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'

/** Of a fixed width, so that each revision overwrites the one before it. */
const width = 20

export class ReachedMark {
  readonly path: string
  /** The last revision that was durable when it was last noted; undefined: nothing is known. */
  readonly revision: number | undefined
  readonly #file: number

  /** Made when there is none. @throws what the file system says. */
  constructor(path: string) {
    this.path = path
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    this.revision = this.#read()
  }

  /**
   * Only of what is durable. Not synced itself: it outlives the process, and after a power cut an older mark says less
   * but nothing wrong. So does one that could not be written.
   */
  note(revision: number): void {
    try {
      writeSync(this.#file, `${String(revision).padStart(width - 1)}\n`, 0)
    } catch {
      // Said above.
    }
  }

  close(): void {
    closeSync(this.#file)
  }

  #read(): number | undefined {
    const buffer = Buffer.alloc(width)
    const length = readSync(this.#file, buffer, 0, width, 0)
    const text = buffer.toString('latin1', 0, length)
    return /^ *\d+\n$/.test(text) ? Number(text) : undefined
  }
}
