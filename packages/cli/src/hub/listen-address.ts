// Where the hub listens: `HOST:PORT` as a person writes it.
import { createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { FlotillaError } from '@flotilla/machinery/errors'

export interface ListenAddress {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

/** Reads `HOST:PORT`, `[IPv6]:PORT`, `:PORT` or `PORT`. Throws Invalid. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):)?(\d+)$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) {
    throw new FlotillaError('Invalid', `Cannot listen on ${text}: it is not HOST:PORT, such as 127.0.0.1:7443`)
  }
  return { host: (match[1] ?? match[2]) || '127.0.0.1', port }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host)
}

/** Names and addresses under which the hub is reached, for its certificate. */
export function hostsOf(host: string): readonly string[] {
  if (isLoopback(host)) return [host]
  if (host !== '0.0.0.0' && host !== '::') return [host]
  const addresses = Object.values(networkInterfaces()).flatMap((one) => one ?? [])
  return addresses.filter(({ scopeid }) => !scopeid).map(({ address }) => address)
}

/** The host to write into the kubeconfig: one that can be dialled. */
export function dialHost(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
}

/** Throws Unavailable when nobody may listen there, before anything else has been touched. */
export async function checkIsFree({ host, port }: ListenAddress): Promise<void> {
  if (port === 0) return
  const probe = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      probe.once('error', reject)
      probe.listen(port, host, () => probe.close(() => resolve()))
    })
  } catch (error) {
    throw cannotListen({ host, port }, error)
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'the port is in use. Next: stop what listens there (is it another flotilla?), or choose another with --listen',
  EACCES: 'this user may not listen on that port. Next: choose one above 1023 with --listen',
  EADDRNOTAVAIL: 'this machine does not have that address. Next: choose another with --listen',
  ENOTFOUND: 'no address is known for that name. Next: choose another with --listen',
}

function cannotListen({ host, port }: ListenAddress, error: unknown): FlotillaError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why = reasons[code] ?? (error instanceof Error ? error.message : String(error))
  return new FlotillaError('Unavailable', `Cannot listen on ${host}:${port}: ${why}`, {}, { cause: error })
}
