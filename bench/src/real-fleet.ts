// Three real members joined to a hub.
import { startCluster, type ControlPlane } from '@flotilla/testbed/control-plane'
import type { KubeClient } from '@flotilla/kube-client/client'
import type { KubeObject } from '@flotilla/machinery/object'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { createInformer } from '@flotilla/runtime/create-informer'
import { connectBy, ensureNamespace, env } from './api-server.ts'
import type { Run } from './benchmark.ts'
import { until } from './clock.ts'
import { startHub, type Hub } from './hub.ts'

export interface Member {
  readonly name: string
  readonly plane: ControlPlane
  readonly api: KubeClient
}

export interface RealFleet {
  readonly hub: Hub
  readonly members: readonly Member[]
  /** On the hub and on each member. */
  ensureNamespace(name: string): Promise<void>
  /** Deployments of the namespace on each member, as they are now and from now on. */
  observe(namespace: string): Promise<Observed>
}

export interface Observed {
  /** By name, for each member in order. */
  readonly deployments: readonly ReadonlyMap<string, KubeObject>[]
  /** Calls `listener` after each change with the name of what changed. */
  onChange(listener: (name: string, member: number) => void): void
  stop(): void
}

const names = ['member-1', 'member-2', 'member-3']

/** `rate`: requests a second of the members' own controllers; 0: their default. */
export async function startRealFleet(run: Run, rate = 0): Promise<RealFleet> {
  const { resources } = run
  run.progress('starting three real members and a hub')
  const size = { nodes: run.option('nodes'), ...(rate > 0 ? { controllerRate: rate } : {}) }
  const planes = await Promise.all(names.map((name) => startCluster({ name, ...size })))
  for (const plane of planes) resources.use(plane)
  const hub = resources.use(await startHub())
  const members: Member[] = []
  for (const plane of planes) {
    members.push({ name: plane.name, plane, api: resources.use(await connectBy(plane.kubeconfig)) })
    await hub.join(plane.name, plane.kubeconfig)
  }
  await hub.untilReady(members.length)
  return {
    hub,
    members,
    async ensureNamespace(name) {
      await Promise.all([hub, ...members].map(({ api }) => ensureNamespace(api, name)))
    },
    observe: (namespace) => observe(members, namespace),
  }
}

async function observe(members: readonly Member[], namespace: string): Promise<Observed> {
  const seen = members.map(() => new Map<string, KubeObject>())
  const listeners: ((name: string, member: number) => void)[] = []
  const informers = members.map(({ api }, index) => {
    const informer = createInformer({ env, api, resource: deployments, namespace })
    informer.onChange(({ before, after }) => {
      const name = (after ?? before)?.metadata.name ?? ''
      if (after === undefined) seen[index]?.delete(name)
      else seen[index]?.set(name, after)
      for (const listener of listeners) listener(name, index)
    })
    informer.start()
    return informer
  })
  await Promise.all(informers.map((informer) => informer.synced()))
  return {
    deployments: seen,
    onChange: (listener) => listeners.push(listener),
    stop: () => informers.forEach((informer) => void informer.stop()),
  }
}

/** Deletes every Deployment of the namespace from one server and waits until `observed` has none left. */
export async function clear(api: KubeClient, namespace: string, observed: Observed): Promise<void> {
  await api.raw({ method: 'DELETE', path: `/apis/apps/v1/namespaces/${namespace}/deployments` })
  const left = () => observed.deployments.reduce((sum, one) => sum + one.size, 0)
  await until(`the Deployments of ${namespace} to go`, left, (count) => count === 0, { withinMs: 300_000 })
}
