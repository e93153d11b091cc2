// Where a member's name leads: asked before credentials are sent, since a name may point at this machine or at a
// metadata service although its text looks harmless.
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { refuseAddress } from '@flotilla/api/admission/endpoint'
import type { ServerAddress } from '@flotilla/kube-client/credentials'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'

/** An answer of DNS is trusted for so long. */
const recheckAfterMs = 30_000

/**
 * Throws Invalid when the host resolves to an address that no member may have. A name that cannot be resolved, and one
 * that a proxy resolves, are the connection's to tell of.
 */
export function addressCheck(
  env: Pick<Env, 'clock'>,
  server: Pick<ServerAddress, 'url' | 'proxyUrl'>,
  cluster: string,
  allowLoopback: boolean,
): () => Promise<void> {
  const host = new URL(server.url).hostname.replace(/^\[|\]$/g, '')
  if (isIP(host) !== 0 || server.proxyUrl !== undefined) return async () => {}
  let checkedAt = Number.NEGATIVE_INFINITY
  return async () => {
    if (env.clock.monotonic() - checkedAt < recheckAfterMs) return
    const found = await lookup(host, { all: true }).catch(() => [])
    for (const { address } of found) {
      const refusal = refuseAddress(address, allowLoopback)
      if (refusal === undefined) continue
      throw new FlotillaError(
        'Invalid',
        `Cannot connect to cluster ${cluster}: ${host} resolves to ${address}, and its endpoint ${refusal}`,
      )
    }
    checkedAt = env.clock.monotonic()
  }
}
