// Addresses of IP: read as Kubernetes' CEL library reads them, without zones, leading zeros or IPv4 inside IPv6.

export interface IpAddress {
  readonly family: 4 | 6
  readonly bits: bigint
}

/** undefined: no address. */
export function readIp(text: string): IpAddress | undefined {
  return text.includes(':') ? readIpv6(text) : readIpv4(text)
}

function readIpv4(text: string): IpAddress | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined
  return { family: 4, bits: parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n) }
}

function readIpv6(text: string): IpAddress | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail]
  if (!groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))) return undefined
  return { family: 6, bits: groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n) }
}

/** The normal form, of IPv6 by RFC 5952: lower case, the longest run of two or more zero groups left out. */
export function formatIp({ family, bits }: IpAddress): string {
  const [count, size, radix] = family === 4 ? [4, 8n, 10] : [8, 16n, 16]
  const groups = Array.from({ length: count }, (_, index) =>
    ((bits >> (BigInt(count - 1 - index) * size)) & ((1n << size) - 1n)).toString(radix),
  )
  return family === 4 ? groups.join('.') : shorten(groups)
}

function shorten(groups: readonly string[]): string {
  const runs = [...groups.join(':').matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)].map(([run]) => run)
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '')
  const text = groups.join(':')
  if (longest === '') return text
  const at = text.search(new RegExp(`(?<![0-9a-f])${longest}(?![0-9a-f])`))
  return `${text.slice(0, at).replace(/:$/, '')}::${text.slice(at + longest.length).replace(/^:/, '')}`
}

/** Bits of an address of the family. */
export function widthOf(family: 4 | 6): 32 | 128 {
  return family === 4 ? 32 : 128
}

/** The first address of the block of `length` bits that `address` is in. */
export function maskIp({ family, bits }: IpAddress, length: number): IpAddress {
  const rest = BigInt(widthOf(family) - length)
  return { family, bits: (bits >> rest) << rest }
}
