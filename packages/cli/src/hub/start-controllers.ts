// The controllers of the embedded hub: in the same process, under their own identity.
import { identityOf } from '@flotilla/control-plane/cluster/join/join'
import { startControlPlane, type ControlPlane } from '@flotilla/control-plane/controllers'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { connectOverHttps } from '../reach/member-access.ts'
import type { EmbeddedHubOptions } from './embedded-hub.ts'
import { ensureIdentity } from './identity.ts'
import { isLoopback } from './listen-address.ts'
import { createSolveInWorker } from './solve-in-worker.ts'

/** `api`: the hub under the controllers' rights. */
export async function startControllers(
  { env, folder, listen, probeEveryMs }: EmbeddedHubOptions,
  api: KubeApi,
): Promise<ControlPlane> {
  const { holder, generation, hmac } = ensureIdentity(env, folder)
  return startControlPlane({
    env,
    api,
    claim: { hubId: await identityOf(api), generation, holder },
    connect: connectOverHttps({ env, allowLoopback: isLoopback(listen.host) }),
    hmac,
    solve: createSolveInWorker(env),
    ...(probeEveryMs === undefined ? {} : { probeEveryMs }),
  })
}
