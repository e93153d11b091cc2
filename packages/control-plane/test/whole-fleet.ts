// The whole control plane over simulated members, on a virtual clock: what a person does goes in, what members hold
// comes out.
import { createHmac } from 'node:crypto'
import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import { createSimulatedCluster } from '@flotilla/simulator/cluster'
import type { SimulatedCluster } from '@flotilla/simulator/cluster'
import type { Solve } from '../src/binding/rebalance/solve.ts'
import type { HubClaim } from '../src/cluster/health/hub-lease.ts'
import { startControlPlane } from '../src/controllers.ts'
import type { ControlPlane } from '../src/controllers.ts'
import { lying, type Lies } from './lies.ts'
import { serveDocuments } from './test-fleet.ts'
import { startTestHub } from './test-hub.ts'
import type { TestHub } from './test-hub.ts'

export interface WholeFleet extends TestHub {
  readonly members: ReadonlyMap<string, SimulatedCluster>
  readonly controlPlane: ControlPlane
  /** By member: what its answers to the controllers are falsified by. */
  readonly lies: Readonly<Record<string, Lies>>
  /** The administrator's api of a member, without faults. */
  member(name: string): KubeApi
  /** Ends the controllers and starts them anew with nothing remembered. */
  restart(): Promise<void>
}

export interface WholeFleetOptions {
  readonly seed?: number
  /** From a pod's being bound to its being ready. */
  readonly podStartMs?: number
  /** Default: as the control plane has it. */
  readonly solve?: Solve
}

export async function startWholeFleet(
  names: readonly string[] = ['eu', 'us', 'ap'],
  { seed = 1, podStartMs = 100, solve }: WholeFleetOptions = {},
): Promise<WholeFleet> {
  const hub = await startTestHub(seed)
  const members = new Map<string, SimulatedCluster>()
  for (const name of names) {
    const starting = createSimulatedCluster({ env: hub.env, name, nodes: 3, podStartMs, region: `region-${name}` })
    const simulated = await hub.env.complete(starting, { limitMs: 60_000, what: `member ${name}` })
    serveDocuments(simulated.server)
    members.set(name, simulated)
  }
  const member = (name: string) => {
    const found = members.get(name)
    if (!found) throw new Error(`there is no member ${name}`)
    return found.server.apiAs({ name: 'admin', groups: ['system:masters'] })
  }
  const lies = Object.fromEntries(names.map((name) => [name, {} as Lies]))
  const startOwn = () => startControllers(hub, members, ownClaim, lies, solve)
  let controlPlane = startOwn()
  for (const name of names) await register(hub, name, member(name))
  await hub.env.advance(10_000)
  return {
    ...hub,
    members,
    lies,
    member,
    get controlPlane() {
      return controlPlane
    },
    async restart() {
      await stopControllers(hub, controlPlane)
      controlPlane = startOwn()
      await hub.env.advance(10_000)
    },
    async [Symbol.asyncDispose]() {
      await stopControllers(hub, controlPlane)
      for (const simulated of members.values()) {
        await hub.env.complete(simulated.stop(), { limitMs: 60_000, what: 'the end of a member' })
      }
      await hub[Symbol.asyncDispose]()
    },
  }
}

export const ownClaim: HubClaim = { hubId: 'hub', generation: 1, holder: 'test' }

/** All controllers of a hub over the members; `claim`: who they are to them. */
export function startControllers(
  { env, api }: Pick<TestHub, 'env' | 'api'>,
  members: ReadonlyMap<string, SimulatedCluster>,
  claim = ownClaim,
  lies: Readonly<Record<string, Lies>> = {},
  solve?: Solve,
): ControlPlane {
  return startControlPlane({
    env,
    api,
    claim,
    ...(solve && { solve }),
    hmac: (text) => createHmac('sha256', 'test').update(text).digest('base64url'),
    connect: ({ metadata }, _, purpose) => {
      const found = members.get(metadata.name)
      if (!found) throw new Error(`there is no member ${metadata.name}`)
      return { api: lying(found.api, lies[metadata.name] ?? {}, purpose), close: async () => {} }
    },
  })
}

export function stopControllers({ env }: Pick<TestHub, 'env'>, controlPlane: ControlPlane): Promise<void> {
  return env.complete(Promise.resolve(controlPlane[Symbol.asyncDispose]()), {
    limitMs: 60_000,
    what: 'the end of the controllers',
  })
}

export async function register({ api }: Pick<TestHub, 'api'>, name: string, member: KubeApi): Promise<void> {
  const system = await member.get(namespaces, { name: 'kube-system' })
  const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flotilla-system' } }
  await member.create(namespaces, namespace).catch((error: unknown) => {
    if (!isError(error, 'AlreadyExists')) throw error
  })
  const spec = { id: system.metadata.uid, mode: 'Direct', region: `region-${name}` }
  await api.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name }, spec })
}
