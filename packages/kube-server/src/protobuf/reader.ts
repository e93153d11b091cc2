// The wire format of protobuf: varints, lengths and tags.
import { FlotillaError } from '@flotilla/machinery/errors'

export const wireLengthDelimited = 2

export class Reader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length
  }

  tag(): { readonly field: number; readonly wire: number } {
    const key = Number(this.varint())
    return { field: Math.floor(key / 8), wire: key % 8 }
  }

  varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#next()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw truncated()
  }

  bytes(): Buffer {
    return this.#take(Number(this.varint()))
  }

  double(): number {
    return this.#take(8).readDoubleLE()
  }

  float(): number {
    return this.#take(4).readFloatLE()
  }

  skip(wire: number): void {
    if (wire === 0) this.varint()
    else if (wire === 1) this.#take(8)
    else if (wire === wireLengthDelimited) this.bytes()
    else if (wire === 5) this.#take(4)
    else throw new SyntaxError(`proto: illegal wireType ${wire}`)
  }

  #take(length: number): Buffer {
    const end = this.#at + length
    if (end > this.#bytes.length) throw truncated()
    const part = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return part
  }

  #next(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw truncated()
    return byte
  }
}

function truncated(): FlotillaError {
  return new FlotillaError('BadRequest', 'Cannot read the protobuf body: it ends early or is damaged')
}
