// A hub that is killed at random moments of rollouts and moves over three real clusters ends where one ends that is left
// alone, with no deletion and no pod more, and has all that it acknowledged.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments } from '@flotilla/machinery/well-known-resources'
import { seededRandom } from '@flotilla/runtime/seeded-random'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deletesOfHub, podsCreated } from './src/audit.ts'
import { startFleet, type Fleet } from './src/fleet.ts'
import { flotilla } from './src/flotilla-process.ts'
import { startEmbeddedHub, type HubUnderTest } from './src/hub.ts'
import { untilEqual } from './src/until.ts'

const kills = process.env['FLOTILLA_SOAK'] === '1' ? 200 : 10
const seed = Number(process.env['FLOTILLA_SEED'] ?? Date.now() % 1_000_000)
const members = ['member-1', 'member-2', 'member-3']

/** What people want after an edit. Replicas are multiples of six: all weights divide them without a remainder. */
interface Wish {
  readonly image: string
  readonly weights: readonly [number, number, number]
  readonly replicas: Readonly<Record<string, number>>
}

const first: Wish = {
  image: 'registry.example.com/main:0',
  weights: [1, 1, 1],
  replicas: { web: 12, api: 6, worker: 6 },
}

/** One thing at a time, so that each rollout makes as many pods whenever it is interrupted. */
function wishOf(round: number, before: Wish): Wish {
  const kinds: readonly Partial<Wish>[] = [
    { image: `registry.example.com/main:${round}` },
    {
      weights: (
        [
          [1, 2, 3],
          [3, 2, 1],
          [2, 2, 2],
        ] as const
      )[round % 3] ?? [1, 1, 1],
    },
    { replicas: { ...before.replicas, web: before.replicas['web'] === 12 ? 18 : 12 } },
  ]
  return { ...before, ...kinds[round % kinds.length] }
}

const wishes = Array.from({ length: kills }).reduce<readonly Wish[]>(
  (all, _, index) => [...all, wishOf(index, all.at(-1) ?? first)],
  [first],
)

const placementOf = ({ weights }: Wish) => ({
  replicaScheduling: {
    replicaSchedulingType: 'Divided',
    weightPreference: {
      staticWeightList: weights.map((weight, index) => ({
        targetCluster: { clusterNames: [members[index]] },
        weight,
      })),
    },
  },
})

function deploymentOf(namespace: string, name: string, { image, replicas }: Wish): KubeObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: replicas[name],
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } },
    },
  } as KubeObject
}

function policyOf(namespace: string, wish: Wish): KubeObject {
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { name: 'all', namespace },
    spec: { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }], placement: placementOf(wish) },
  } as KubeObject
}

function workloadOf(namespace: string, wish: Wish): readonly (readonly [Resource, KubeObject])[] {
  const all = Object.keys(wish.replicas).map((name) => [deployments, deploymentOf(namespace, name, wish)] as const)
  return [[propagationPolicyResource, policyOf(namespace, wish)], ...all]
}

describe('a hub that is killed at random moments', () => {
  let fleet: Fleet
  let hub: HubUnderTest
  const acknowledged: string[] = []

  beforeAll(async () => {
    ;[fleet, hub] = await Promise.all([startFleet(), startEmbeddedHub()])
    const access = ['--kubeconfig', hub.kubeconfig]
    await Promise.all(
      fleet.members.map(({ name, kubeconfig }) =>
        flotilla(['join', name, '--cluster-kubeconfig', kubeconfig, ...access]),
      ),
    )
    const namespaceOf = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
    await hub.apply(...['calm', 'killed', 'acknowledged'].map(namespaceOf))
    const started = ['calm', 'killed'].flatMap((namespace) => workloadOf(namespace, first))
    await hub.apply(...started.map(([, object]) => object))
  })
  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]()
    await fleet?.[Symbol.asyncDispose]()
  })

  /** Sent again until it is accepted: what was not acknowledged may have been stored or not. */
  async function edit(namespace: string, wish: Wish): Promise<void> {
    for (const [resource, { metadata, ...rest }] of workloadOf(namespace, wish)) {
      await hub.api.patch(resource, metadata, { type: 'merge', patch: { spec: rest['spec'] } })
    }
  }

  async function writeUntil(signal: AbortSignal, round: number): Promise<void> {
    for (let n = 0; !signal.aborted; n++) {
      const metadata = { namespace: 'acknowledged', name: `round-${round}-${n}` }
      await hub.api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
      acknowledged.push(metadata.name)
      // So few that hundreds of rounds do not fill the hub.
      await sleep(20)
    }
  }

  async function bindingsOf(namespace: string): Promise<readonly ResourceBinding[]> {
    return (await hub.api.list<ResourceBinding>(resourceBindingResource, { namespace })).items
  }

  /** Of each member and Deployment: replicas that are stated, ready, of the newest template and there at all; the image. */
  async function stateOf(namespace: string, wish: Wish): Promise<object> {
    const read = async (name: string) => {
      const found = await fleet.find(deployments, name, namespace)
      const each = found.map((one) => [valueAt(one, 'spec', 'replicas'), ...countsOf(one), imageOf(one)])
      return [name, each] as const
    }
    const isMoving = ({ spec }: ResourceBinding) =>
      (spec.removals ?? []).length > 0 || spec.decision?.clusters.some(({ from }) => from !== undefined) === true
    const moving = (await bindingsOf(namespace)).some(isMoving)
    return { moving, ...Object.fromEntries(await Promise.all(Object.keys(wish.replicas).map(read))) }
  }

  function wantedOf({ image, weights, replicas }: Wish): object {
    const sum = weights.reduce((all, weight) => all + weight, 0)
    const each = Object.entries(replicas).map(([name, count]) => {
      const shares = weights.map((weight) => (count * weight) / sum)
      return [name, shares.map((share) => [share, share, share, share, image])] as const
    })
    return { moving: false, ...Object.fromEntries(each) }
  }

  const untilHeld = (namespace: string, wish: Wish) =>
    untilEqual(`state of ${namespace}`, () => stateOf(namespace, wish), wantedOf(wish), 120_000)

  /** All that is stated on members, and what is decided: without identities, times and the namespace. */
  async function fullState(namespace: string): Promise<unknown> {
    const held = await fleet.each(async ({ api }) => {
      const { items } = await api.list(deployments, { namespace })
      return items.map(({ metadata, ...rest }) => [metadata.name, metadata.labels?.['app'], rest['spec']])
    })
    const decided = (await bindingsOf(namespace)).map(({ spec }) => ({
      workloads: spec.workloads.map(({ ref }) => ref.name),
      clusters: spec.decision?.clusters,
      evictions: spec.evictions ?? [],
    }))
    return { held, decided, pods: fleet.members.map((member) => podsCreated(member, namespace)) }
  }

  it(
    `${kills} times ends where one ends that is left alone`,
    async () => {
      console.log(`seed of the kills: ${seed} (set FLOTILLA_SEED to repeat)`)
      const random = seededRandom(seed)
      await untilHeld('killed', first)
      for (const wish of wishes) {
        await edit('calm', wish)
        await untilHeld('calm', wish)
      }
      for (const [round, wish] of wishes.slice(1).entries()) {
        const abort = new AbortController()
        const lost = () => 'the hub died before it answered'
        const edited = edit('killed', wish).catch(lost)
        const written = writeUntil(abort.signal, round).catch(lost)
        await sleep(random() * 1_500)
        await hub.kill()
        abort.abort()
        await Promise.all([edited, written])
        await hub.restart()
        await edit('killed', wish)
        await untilHeld('killed', wish)
      }
      expect(await fullState('killed')).toEqual(await fullState('calm'))
      expect(fleet.members.map(deletesOfHub)).toEqual([[], [], []])
      const { items } = await hub.api.list(configMaps, { namespace: 'acknowledged' })
      const kept = new Set(items.map(({ metadata }) => metadata.name))
      expect(acknowledged.filter((name) => !kept.has(name))).toEqual([])
      expect(acknowledged.length).toBeGreaterThan(kills)
      const clusters = (await hub.api.list<Cluster>(clusterResource)).items
      expect(clusters.map(({ status }) => status?.health?.state)).toEqual(members.map(() => 'Healthy'))
    },
    kills * 20_000 + 300_000,
  )
})

/** Once the cluster's own controller has seen it: a rollout that goes on while the next edit comes makes other pods. */
function countsOf(deployment: KubeObject | undefined): readonly number[] {
  if (valueAt(deployment, 'status', 'observedGeneration') !== deployment?.metadata.generation) return []
  return ['readyReplicas', 'updatedReplicas', 'replicas'].map((each) =>
    Number(valueAt(deployment, 'status', each) ?? 0),
  )
}

function imageOf(deployment: KubeObject | undefined): unknown {
  const containers = valueAt(deployment, 'spec', 'template', 'spec', 'containers')
  return Array.isArray(containers) ? valueAt(containers[0], 'image') : null
}
