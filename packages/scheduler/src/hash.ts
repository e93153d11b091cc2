// Hashes that need no library and are the same everywhere: names for inputs and an order for ties, not for secrets.

/** 32 bits of `text`: FNV-1a over UTF-16 units, then mixed so that every bit depends on every other. */
export function hash32(text: string, seed = 0x811c9dc5): number {
  let hash = seed
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    hash = Math.imul(hash ^ (unit & 0xff), 0x01000193)
    hash = Math.imul(hash ^ (unit >>> 8), 0x01000193)
  }
  return mix(hash)
}

const double = new Float64Array(1)
const words = new Uint32Array(double.buffer)

/** 32 bits of a number. */
export function hashNumber(number: number): number {
  double[0] = number
  return combine(words[0] ?? 0, words[1] ?? 0)
}

/** 64 bits of `text` as 16 hexadecimal digits. */
export function hashText(text: string): string {
  return hex(hash32(text)) + hex(hash32(text, 0x9e3779b9))
}

/** 32 bits of two hashes; neither's order can be told from the other's. */
export function combine(left: number, right: number): number {
  return mix(Math.imul(left, 0x9e3779b1) ^ mix(right))
}

/** The finalizer of MurmurHash3. */
function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** 64 bits of hashes in their order, as 16 hexadecimal digits. */
export function hashList(hashes: Iterable<number>): string {
  let [one, other] = [0x811c9dc5, 0x9e3779b9]
  for (const hash of hashes) {
    one = combine(one, hash)
    other = combine(other, hash)
  }
  return hex(one) + hex(other)
}

function hex(hash: number): string {
  return hash.toString(16).padStart(8, '0')
}
