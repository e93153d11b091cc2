// How each step of a scenario is carried out.
import { clusterResource } from '@flotilla/api/cluster'
import { freezeName, orderAnnotation } from '@flotilla/api/failover'
import { clusterFinalizer, group, hubLabel, systemNamespace } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi, Patch } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps, deployments, leases } from '@flotilla/machinery/well-known-resources'
import { hubId } from './controllers-process.ts'
import { aDeployment, aPolicy, namespace, someSettings } from './app.ts'
import type { Step } from './scenario.ts'
import type { World } from './world.ts'

type StepOf<K extends Step['do']> = Extract<Step, { readonly do: K }>

/** Has something done when the step is over; what it returns is waited for before time goes on. */
type Later = (delayMs: number, run: () => Promise<void> | void) => void

export const leaseKey = { namespace: systemNamespace, name: 'flotilla-hub' }

const carriedOut: { readonly [K in Step['do']]: (world: World, step: StepOf<K>, later: Later) => unknown } = {
  deploy: (world, { app, replicas, weights, isSingleton = false, cpu }) =>
    onHub(world, async (hub) => {
      await hub.create(configMaps, someSettings(app, 'first'))
      await hub.create(deployments, aDeployment(app, replicas, undefined, cpu))
      await hub.create(
        propagationPolicyResource,
        aPolicy(app, weights, { failsOver: world.failsOver, isSingleton }) as never,
      )
    }),
  place: (world, { app, weights }) =>
    onHub(world, (hub) => hub.create(propagationPolicyResource, aPolicy(app, weights, world) as never)),
  scale: (world, { app, replicas }) => edit(world, app, { spec: { replicas } }),
  weigh: (world, { app, weights }) =>
    onHub(world, (hub) => {
      const patch: Patch = { type: 'merge', patch: { spec: aPolicy(app, weights, world)['spec'] } }
      return hub.patch(propagationPolicyResource, { namespace, name: app }, patch)
    }),
  release: (world, { app, image }) =>
    onHub(world, async (hub) => {
      const before = await hub.get(deployments, { namespace, name: app })
      const { spec } = aDeployment(app, world.model.wantedOf(app) ?? 1, image) as KubeObject & { spec: object }
      await hub.update(deployments, { ...before, spec: { ...(before['spec'] as object), ...spec } } as KubeObject)
    }),
  configure: (world, { app, value }) =>
    onHub(world, (hub) => {
      const patch: Patch = { type: 'merge', patch: { data: { value } } }
      return hub.patch(configMaps, { namespace, name: `${app}-settings` }, patch)
    }),
  remove: (world, { app }) => onHub(world, (hub) => hub.delete(deployments, { namespace, name: app })),
  recreate: (world, { app, replicas }) =>
    onHub(world, async (hub) => {
      await hub.delete(deployments, { namespace, name: app })
      await hub.create(deployments, aDeployment(app, replicas))
    }),
  orphan: (world, { app }) =>
    onHub(world, (hub) => hub.delete(deployments, { namespace, name: app }, { propagationPolicy: 'Orphan' })),
  'delete-binding': (world, { app }) =>
    onHub(world, async (hub) => {
      // Without a policy nothing wants the workload placed: whoever deletes its binding has its copies go.
      if (world.model.weightsOf(app) === undefined) world.disturb(app)
      const { items } = await hub.list(resourceBindingResource, { namespace })
      for (const { metadata } of items.filter(({ metadata: { name } }) => name.startsWith(`deployment-${app}-`))) {
        await hub.delete(resourceBindingResource, metadata)
      }
    }),
  'delete-policy': (world, { app }) =>
    onHub(world, (hub) => hub.delete(propagationPolicyResource, { namespace, name: app })),
  taint: (world, { cluster, effect }) =>
    editCluster(world, cluster, { spec: { taints: [{ key: 'example.com/away', effect }] } }),
  untaint: (world, { cluster }) => editCluster(world, cluster, { spec: { taints: [] } }),
  suspend(world, { cluster, forMs }, later) {
    later(forMs, () => void world.people(() => editCluster(world, cluster, { spec: { suspend: false } })))
    return editCluster(world, cluster, { spec: { suspend: true } })
  },
  unjoin: (world, { cluster }) => onHub(world, (hub) => hub.delete(clusterResource, { name: cluster })),
  'unjoin-by-force': (world, { cluster }) => onHub(world, (hub) => forget(hub, cluster)),
  join(world, { cluster, keeps = false }) {
    world.member(cluster).keepsOrphans = keeps
    return keeps ? world.register(cluster) : rejoin(world, cluster)
  },
  freeze(world, { forMs }, later) {
    later(forMs, () => void world.people(() => thaw(world)))
    const metadata = { namespace: systemNamespace, name: freezeName }
    return onHub(world, (hub) => hub.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata }))
  },
  order(world, { cluster, forMs }, later) {
    later(forMs, () => void world.people(() => editCluster(world, cluster, withoutOrder)))
    const annotations = { [orderAnnotation]: new Date(world.now()).toISOString() }
    return editCluster(world, cluster, { metadata: { annotations } })
  },

  meddle(world, { cluster, app }) {
    const container = { name: 'app', image: 'registry.example.com/app:meddled' }
    const patch: Patch = { type: 'strategic', patch: { spec: { template: { spec: { containers: [container] } } } } }
    const options = { fieldManager: 'kubectl-edit' }
    return onMember(world, cluster, app, (api, key) => api.patch(deployments, key, patch, options))
  },
  'delete-copy': (world, { cluster, app }) => onMember(world, cluster, app, (api, key) => api.delete(deployments, key)),
  squat: (world, { cluster, app }) =>
    onMember(world, cluster, app, (api) =>
      api.create(deployments, aDeployment(app, 1, 'registry.example.com/other:1')),
    ),
  deny(world, { cluster, code, forMs }, later) {
    const member = world.member(cluster)
    member.denial = code
    later(forMs, () => void (member.denial = undefined))
  },
  'hold-back'(world, { cluster, app, forMs }, later) {
    const hold = (finalizers: readonly string[]) =>
      onMember(world, cluster, app, (api, key) =>
        api.patch(deployments, key, { type: 'merge', patch: { metadata: { finalizers } } }),
      )
    later(forMs, () => void world.people(() => hold([])))
    return hold(['example.com/held'])
  },

  weather(world, { server, weather, forMs }, later) {
    const { net } = world
    if (server === 'hub') world.shakeHub(forMs)
    const before = net.weather(server)
    net.setWeather(server, weather)
    const restored = Object.fromEntries(Object.keys(weather).map((name) => [name, before[name as keyof typeof before]]))
    later(forMs, () => net.setWeather(server, restored))
  },
  'break-watches'(world, { server, how }) {
    if (server === 'hub') world.shakeHub(0)
    world.net.breakWatches(server, how)
  },
  compact(world, { server }) {
    if (server === 'hub') world.shakeHub(0)
    const found = server === 'hub' ? world.hub : world.member(server)
    found.compact()
  },
  down(world, { server, forMs }, later) {
    if (server === 'hub') {
      world.shakeHub(forMs)
      world.hub.crash()
      later(forMs, () => world.hub.start())
    } else {
      const member = world.member(server)
      member.down()
      later(forMs, () => member.up())
    }
  },
  async wipe(world, { cluster, isPrepared = false }) {
    await world.wipe(cluster)
    if (isPrepared) await world.prepare(cluster)
  },
  crash(world, { forMs }, later) {
    for (const process of world.processes) process.crash()
    later(forMs, () => world.ensureControllers())
  },
  pause(world, { how, forMs }, later) {
    for (const process of world.processes) {
      world.deafen(process)
      process.pause(how)
      later(forMs, () => {
        process.resume()
        world.wake(process)
      })
    }
  },
  skew(world, { ms }) {
    world.skew(ms)
  },
  rival(world, { forMs }, later) {
    const rival = world.startControllers('rival')
    later(forMs, () => rival.crash())
  },
  claim: (world, { cluster, generation, hubId: other }) => claim(world, cluster, generation, other),
}

export async function carryOut(world: World, step: Step, later: Later): Promise<void> {
  const run = carriedOut[step.do] as (world: World, step: Step, later: Later) => unknown
  await run(world, step, later)
}

/** Steps that pass time themselves, and so are waited for. */
export function isOfMachines(step: Step): boolean {
  return step.do === 'wipe' || step.do === 'down'
}

/** As `flotilla unjoin --force` does: the registration goes, and everything on the member stays as it is. */
export async function forget(hub: KubeApi, cluster: string): Promise<void> {
  const { finalizers = [] } = (await hub.get(clusterResource, { name: cluster })).metadata
  const left = finalizers.filter((one) => one !== clusterFinalizer)
  await hub.patch(clusterResource, { name: cluster }, { type: 'merge', patch: { metadata: { finalizers: left } } })
  await hub.delete(clusterResource, { name: cluster }).catch(() => {})
  await hub
    .patch(clusterResource, { name: cluster }, { type: 'merge', patch: { metadata: { finalizers: [] } } })
    .catch(() => {})
}

export const withoutOrder = { metadata: { annotations: { [orderAnnotation]: null } } }

/** Ends a freeze, if there is one. */
export async function thaw(world: World): Promise<void> {
  await onHub(world, (hub) => hub.delete(configMaps, { namespace: systemNamespace, name: freezeName }))
}

/** Registers a cluster, if it is not. What it was left with by force is pruned first, or it would stay as an orphan. */
export async function rejoin(world: World, name: string): Promise<void> {
  if (world.model.clusters.has(name)) return
  const { admin } = world.member(name)
  for (const resource of [deployments, configMaps]) {
    const { items } = await admin.list(resource, { namespace, labelSelector: `${hubLabel}=${hubId}` })
    for (const { metadata } of items) {
      world.disturb()
      await admin.delete(resource, metadata)
    }
  }
  // What it kept is told what is decided now, whatever runs elsewhere by then.
  world.disturb()
  await world.register(name)
}

async function onHub(world: World, act: (hub: KubeApi) => Promise<unknown>): Promise<void> {
  const hub = world.hub.api()
  if (hub === undefined) throw new FlotillaError('Unavailable', 'the hub is down')
  await act(hub)
}

function edit(world: World, app: string, patch: Readonly<Record<string, unknown>>): Promise<void> {
  return onHub(world, (hub) => hub.patch(deployments, { namespace, name: app }, { type: 'merge', patch }))
}

export function editCluster(world: World, name: string, patch: Readonly<Record<string, unknown>>): Promise<void> {
  return onHub(world, (hub) => hub.patch(clusterResource, { name }, { type: 'merge', patch }))
}

/** What somebody does to a copy counts as theirs. */
async function onMember(
  world: World,
  cluster: string,
  app: string,
  act: (api: KubeApi, key: { readonly namespace: string; readonly name: string }) => Promise<unknown>,
): Promise<void> {
  world.disturb(app)
  await act(world.member(cluster).admin, { namespace, name: app })
}

async function claim(world: World, cluster: string, generation: number, other: string): Promise<void> {
  const annotations = { [`${group}/hub-id`]: other, [`${group}/hub-generation`]: String(generation) }
  const patch = { metadata: { annotations }, spec: { holderIdentity: `holder of ${other}` } }
  await world.member(cluster).admin.patch(leases, leaseKey, { type: 'merge', patch })
}
