// Which addresses a member's API server may have: none by which the hub could be made to talk to itself or to the
// metadata service of the machine that it runs on.

const metadataNames = new Set(['metadata', 'metadata.google.internal', 'instance-data', 'instance-data.ec2.internal'])
/** Metadata services outside the link-local range. */
const metadataAddresses = new Set(['100.100.100.200', '168.63.129.16', 'fd00:ec2::254'])

/** What is wrong with the URL of a member's API server, as messages. Names are checked again once resolved. */
export function checkEndpoint(endpoint: string, allowLoopback: boolean): readonly string[] {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  if (url === undefined) return ['must be a URL such as https://10.0.0.1:6443']
  const messages: string[] = []
  if (url.protocol !== 'https:') messages.push('must begin with https://')
  if (url.username !== '' || url.password !== '') messages.push('must not hold a user name or password')
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(endpoint))
    messages.push('must not have a query or a fragment')
  if (/\\|\s|\.\.|%|[^:]\/\//.test(endpoint)) messages.push("must not hold '..', '//', '\\', '%' or spaces in its path")
  const refusal = refuseHost(url.hostname, allowLoopback)
  if (refusal !== undefined) messages.push(refusal)
  return messages
}

function refuseHost(hostname: string, allowLoopback: boolean): string | undefined {
  const host = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
  if (host === 'localhost' || host.endsWith('.localhost')) return allowLoopback ? undefined : loopback(host)
  if (metadataNames.has(host)) return `must not point at a metadata service (${host})`
  return refuseAddress(host, allowLoopback)
}

/**
 * Why no member may have the IP address `address`, or undefined. For addresses that names resolve to as well;
 * what is no IP address is not refused.
 */
export function refuseAddress(address: string, allowLoopback: boolean): string | undefined {
  const plain = unmapped(address.toLowerCase())
  if (metadataAddresses.has(plain)) return `must not point at a metadata service (${plain})`
  const v4 = /^\d+(\.\d+){3}$/.test(plain) ? plain : ''
  if (v4.startsWith('127.') || plain === '::1') return allowLoopback ? undefined : loopback(plain)
  if (v4.startsWith('0.') || plain === '::') return `must not be an unspecified address (${plain})`
  if (v4.startsWith('169.254.') || /^fe[89ab][0-9a-f]:/.test(plain)) {
    return `must not be link-local, where metadata services are (${plain})`
  }
  return undefined
}

function loopback(host: string): string {
  return `must not be on the hub's own machine (${host})`
}

/** `::ffff:7f00:1` and `::ffff:127.0.0.1` are 127.0.0.1. */
function unmapped(address: string): string {
  const [, tail] = /^::ffff:(.+)$/.exec(address) ?? []
  if (tail === undefined) return address
  const groups = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(tail)
  if (groups === null) return tail
  const [high, low] = [Number.parseInt(groups[1] ?? '', 16), Number.parseInt(groups[2] ?? '', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}
