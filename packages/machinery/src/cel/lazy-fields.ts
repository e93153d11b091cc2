// The fields of an object as CEL's map, each converted when it is read: rules read few of the thousands that one may have.
import type { CelInput } from '@bufbuild/cel'
import type { JsonObject } from '../json-value.ts'

export class LazyFields extends Map<string, CelInput> {
  readonly #object: JsonObject
  readonly #convert: (value: unknown) => CelInput

  constructor(object: JsonObject, convert: (value: unknown) => CelInput) {
    super()
    this.#object = object
    this.#convert = convert
  }

  override get size(): number {
    return this.#names().length
  }

  override get(name: string): CelInput | undefined {
    const known = super.get(name)
    if (known !== undefined || !this.has(name)) return known
    const converted = this.#convert(this.#object[name])
    super.set(name, converted)
    return converted
  }

  override has(name: string): boolean {
    return Object.hasOwn(this.#object, name) && this.#object[name] !== undefined
  }

  override keys(): MapIterator<string> {
    return this.#names().values()
  }

  override *values(): MapIterator<CelInput> {
    for (const [, value] of this.entries()) yield value
  }

  override *entries(): MapIterator<[string, CelInput]> {
    for (const name of this.#names()) yield [name, this.get(name) as CelInput]
  }

  override [Symbol.iterator](): MapIterator<[string, CelInput]> {
    return this.entries()
  }

  override forEach(call: (value: CelInput, name: string, map: Map<string, CelInput>) => void): void {
    for (const [name, value] of this.entries()) call(value, name, this)
  }

  #names(): string[] {
    return Object.keys(this.#object).filter((name) => this.#object[name] !== undefined)
  }
}
