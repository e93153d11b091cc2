// The hops to an API server below HTTP: its name, its port, its certificate.
import { lookup } from 'node:dns/promises'
import { connect, isIP } from 'node:net'
import { connect as connectTls, checkServerIdentity, type TLSSocket } from 'node:tls'
import { connectionError } from '@flotilla/kube-client/connection-error'
import type { ServerAddress } from '@flotilla/kube-client/credentials'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Check } from './checks.ts'

export interface EndpointNexts {
  /** The next command when TLS or what is above it fails. */
  readonly next: string
  /** When nothing accepts the connection, if there is something better than to look. */
  readonly nextIfClosed?: string
}

export function endpointChecks(
  server: ServerAddress,
  timeoutMs: number,
  { next, nextIfClosed }: EndpointNexts,
): readonly Check[] {
  const url = new URL(server.url)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const between = `check that the API server runs and that no firewall is between: ${server.url}`
  const worded = (what: string) => (error: unknown) => connectionError(error, what, server.url)
  // Behind a proxy the hops are the proxy's.
  if (server.proxyUrl !== undefined) {
    return [{ name: 'proxy', next, run: async () => `requests go through ${new URL(server.proxyUrl ?? '').host}` }]
  }
  return [
    {
      name: 'resolve',
      next: `check the name ${host} on this machine, e.g. with getent hosts ${host}`,
      run: async () => {
        if (isIP(host) !== 0) return `${host} is an address`
        const found = await lookup(host, { all: true }).catch((error: unknown) =>
          Promise.reject(worded('Cannot resolve')(error)),
        )
        return `${host} is ${found.map(({ address }) => address).join(', ')}`
      },
    },
    {
      name: 'connect',
      next: nextIfClosed ?? between,
      nextIfSilent: between,
      run: async () => {
        const read = () => `${host}:${port} accepts connections`
        return open((done) => connect({ host, port }, done), { timeoutMs, worded: worded('Cannot connect'), read })
      },
    },
    {
      name: 'tls',
      next,
      nextIfSilent: nextIfSilent(server.url),
      run: async () => {
        const name = server.tlsServerName ?? host
        const options = {
          host,
          port,
          rejectUnauthorized: server.insecureSkipTlsVerify !== true,
          minVersion: 'TLSv1.2' as const,
          ALPNProtocols: ['h2', 'http/1.1'],
          ...(isIP(name) === 0 ? { servername: name } : {}),
          ...(server.ca === undefined ? {} : { ca: server.ca }),
          checkServerIdentity: (_: string, certificate: Parameters<typeof checkServerIdentity>[1]) =>
            checkServerIdentity(name, certificate),
        }
        const read = (socket: TLSSocket) =>
          server.insecureSkipTlsVerify === true
            ? `${socket.getProtocol()}; its certificate is not verified, as was asked for at join`
            : `${socket.getProtocol()}, certificate valid until ${socket.getPeerCertificate().valid_to}`
        return open((done) => connectTls(options, done), { timeoutMs, worded: worded('Cannot agree on TLS'), read })
      },
    },
  ]
}

/** The port is open, and nothing comes back. */
export function nextIfSilent(url: string): string {
  return `check that the API server is not stuck, and what is on the way to it (proxy, load balancer, firewall): ${url}`
}

interface Connecting {
  once(event: 'error', listener: (error: Error) => void): unknown
  destroy(): unknown
}

interface Opening<Socket> {
  readonly timeoutMs: number
  readonly worded: (error: unknown) => Error
  /** What is found on the socket once it is connected. */
  readonly read: (socket: Socket) => string
}

/** Connects, reads, closes. */
function open<Socket extends Connecting>(
  start: (done: () => void) => Socket,
  { timeoutMs, worded, read }: Opening<Socket>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })), timeoutMs)
    const fail = (error: unknown) => {
      clearTimeout(timer)
      socket.destroy()
      reject(worded(error))
    }
    const socket = start(() => {
      clearTimeout(timer)
      resolve(read(socket))
      socket.destroy()
    })
    socket.once('error', fail)
  })
}

/** For checks that find something other than what they look for. */
export function wrong(message: string): FlotillaError {
  return new FlotillaError('Conflict', message)
}
