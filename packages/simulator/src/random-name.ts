// Names with the alphabet that Kubernetes uses: no vowels, so no words.

const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** Five random characters. */
export function randomSuffix(random: () => number): string {
  return Array.from({ length: 5 }, () => alphabet[Math.floor(random() * alphabet.length)]).join('')
}

/** `base-suffix`, shortened to the 63 characters that a pod's host name may have. */
export function randomName(base: string, random: () => number): string {
  return `${base.slice(0, 57)}-${randomSuffix(random)}`
}

/** Ten characters that tell `value` (JSON) from others, whatever the order of its fields. */
export function hashName(value: unknown): string {
  const [high, low] = hash53(canonical(value))
  let rest = high * 2 ** 32 + low
  let name = ''
  for (let i = 0; i < 10; i++) {
    name += alphabet[rest % alphabet.length]
    rest = Math.floor(rest / alphabet.length)
  }
  return name
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return `{${fields
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
    .join()}}`
}

/** FNV-1a over two lanes: 21 and 32 bits. */
function hash53(text: string): [high: number, low: number] {
  let [high, low] = [0x811c9dc5, 0x1b873593]
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    high = Math.imul(high ^ unit, 0x01000193)
    low = Math.imul(low ^ unit, 0x85ebca6b) + i
  }
  return [high >>> 11, low >>> 0]
}
