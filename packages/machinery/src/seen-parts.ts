// Parts of objects that were found in order under a schema. Objects and schemas are immutable, so a part that a new
// version of an object shares with the old one needs no second look.
import type { Schema } from './schema.ts'

export class SeenParts {
  readonly #parts = new WeakMap<Schema, WeakSet<object>>()

  has(schema: Schema, part: unknown): boolean {
    return typeof part === 'object' && part !== null && this.#parts.get(schema)?.has(part) === true
  }

  add(schema: Schema, part: unknown): void {
    if (typeof part !== 'object' || part === null) return
    const known = this.#parts.get(schema)
    if (known === undefined) this.#parts.set(schema, new WeakSet([part]))
    else known.add(part)
  }
}
