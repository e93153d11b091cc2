// What a plan foretells of a whole fleet is what then happens.
import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { priceSheetResource } from '@flotilla/api/price-sheet'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import type { Fleet } from '@flotilla/scheduler/plan/fleet'
import { drainCluster, loseCluster, scaleLoad } from '@flotilla/scheduler/plan/patches'
import { type Planned, planChange } from '@flotilla/scheduler/plan/plan'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../../test/test-fleet.ts'
import { startWholeFleet, type WholeFleet } from '../../test/whole-fleet.ts'
import { fleetOf } from './fleet-of.ts'
import { withObjects } from './hub-state.ts'
import { withSheets } from './read-cost-book.ts'
import { readHub } from './read-hub.ts'

/** Each member has three nodes of four CPUs. */
const names = ['eu', 'us', 'ap']
const divided = { replicaSchedulingType: 'Divided' }
const byRoom = { ...divided, weightPreference: { dynamicWeight: 'AvailableReplicas' } }
const aggregated = { ...divided, replicaDivisionPreference: 'Aggregated' }

function byWeight(weights: Readonly<Record<string, number>>) {
  const staticWeightList = Object.entries(weights).map(([name, weight]) => ({
    targetCluster: { clusterNames: [name] },
    weight,
  }))
  return { ...divided, weightPreference: { staticWeightList } }
}

const spec = (object: KubeObject) => object['spec'] as object

/** Selects the Deployment of its name. */
function aPolicy(name: string, replicaScheduling: object, placement: object = {}): KubeObject {
  const resourceSelectors = [{ apiVersion: 'apps/v1', kind: 'Deployment', name }]
  const spec = { resourceSelectors, placement: { replicaScheduling, ...placement } }
  return { apiVersion, kind: 'PropagationPolicy', metadata: { namespace: 'shop', name }, spec }
}

/** A Deployment whose pods ask for one CPU each. */
function ofCpus(name: string, replicas: number): KubeObject {
  const container = { name: 'c', image: 'reg.io/c:1', resources: { requests: { cpu: '1' } } }
  return aDeployment(name, {
    replicas,
    template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
  })
}

let fleet: WholeFleet

beforeEach(async () => {
  fleet = await startWholeFleet(names)
  const { api } = fleet
  await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const policies = [aPolicy('web', byWeight({ eu: 1, us: 1 })), aPolicy('queue', byRoom), aPolicy('batch', aggregated)]
  for (const policy of policies) await api.create(propagationPolicyResource, policy)
  const templates = [
    ofCpus('web', 4),
    ofCpus('queue', 6),
    ofCpus('batch', 5),
    aDeployment('everywhere', { replicas: 2 }),
  ]
  await api.create(propagationPolicyResource, aPolicy('everywhere', {}))
  for (const template of templates) await api.create(deployments, template)
  await fleet.env.advance(300_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

async function foretell(objects: readonly KubeObject[], patch = (changed: Fleet) => changed): Promise<Planned> {
  const now = fleet.env.clock.now()
  const reading = await readHub(fleet.api, objects)
  const changed = fleetOf(
    { ...reading, sources: withSheets(reading.sources, objects) },
    withObjects(reading.state, objects),
    now,
  )
  return planChange(fleetOf(reading, reading.state, now), patch(changed), '')
}

const policyOf = (name: string) => fleet.api.get(propagationPolicyResource, { namespace: 'shop', name })
const templateOf = (name: string) => fleet.api.get(deployments, { namespace: 'shop', name })

/** `NAME: CLUSTER=REPLICAS …`, what is missing behind it. */
type Outcome = readonly string[]

function foretold({ fleet: { works } }: Planned): Outcome {
  return works.map(({ workload, request }) => outcomeOf(workload.name, request.previous)).sort()
}

async function happened(): Promise<Outcome> {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  return items.map(({ spec }) => outcomeOf(spec.workloads[0]?.ref.name ?? '', spec.decision)).sort()
}

function outcomeOf(name: string, decision: ResourceBinding['spec']['decision']): string {
  const clusters = (decision?.clusters ?? []).map(
    (each) => `${each.name}=${each.from === undefined ? '' : `${each.from}->`}${each.replicas}`,
  )
  return [`${name}:`, ...clusters, `missing ${decision?.shortfall?.missingReplicas ?? 0}`].join(' ')
}

async function taint(name: string): Promise<void> {
  const spec = { taints: [{ key: 'maintenance', effect: 'NoExecute' }] }
  await fleet.api.patch(clusterResource, { name }, { type: 'merge', patch: { spec } })
}

async function replacePolicy(policy: KubeObject): Promise<void> {
  await fleet.api.update(propagationPolicyResource, policy)
}

const cases: readonly {
  readonly name: string
  /** What is foretold, and then done. */
  readonly run: () => Promise<readonly [Planned, () => Promise<unknown>]>
  /** Workloads that move (`among`: others may too), and how much has no place. */
  readonly want: { readonly moving: readonly string[]; readonly missing?: number; readonly among?: boolean }
}[] = [
  {
    name: 'nothing',
    run: async () => [await foretell([]), async () => {}],
    want: { moving: [] },
  },
  {
    name: 'an edited policy',
    run: async () => {
      const policy = { ...(await policyOf('web')), spec: aPolicy('web', byWeight({ eu: 3, us: 1 }))['spec'] }
      return [await foretell([policy]), () => replacePolicy(policy)]
    },
    want: { moving: ['web'] },
  },
  {
    name: 'a policy that leaves its template to nobody',
    run: async () => {
      const policy = { ...(await policyOf('web')), spec: aPolicy('other', byWeight({ ap: 1 }))['spec'] }
      return [await foretell([policy]), () => replacePolicy(policy)]
    },
    want: { moving: [] },
  },
  {
    name: 'a new policy that wins what another had',
    run: async () => {
      const policy = aPolicy('web', byWeight({ ap: 1 }))
      const winner = { ...policy, metadata: { namespace: 'shop', name: 'a-web' } }
      return [
        await foretell([{ ...winner, metadata: { ...winner.metadata, uid: 'new' } }]),
        () => fleet.api.create(propagationPolicyResource, winner),
      ]
    },
    want: { moving: ['web'] },
  },
  {
    name: 'a drained cluster whose replicas have room elsewhere',
    run: async () => [await foretell([], (changed) => drainCluster(changed, 'ap')), () => taint('ap')],
    want: { moving: ['batch', 'everywhere', 'queue'] },
  },
  {
    name: 'a cluster that is lost',
    run: async () => [
      await foretell([], (changed) => loseCluster(changed, 'eu')),
      () => fleet.api.delete(clusterResource, { name: 'eu' }),
    ],
    want: { moving: ['everywhere', 'queue', 'web'] },
  },
  {
    name: 'more load than there is room for',
    run: async () => [
      await foretell([], (changed) => scaleLoad(changed, 5, ({ workload }) => workload.name === 'queue')),
      () => scale('queue', 30),
    ],
    want: { moving: ['queue'], missing: 3 },
  },
  {
    name: 'a template that asks for more',
    run: async () => {
      const template = { ...(await templateOf('batch')), spec: ofCpus('batch', 9)['spec'] }
      return [await foretell([template]), () => fleet.api.update(deployments, template)]
    },
    want: { moving: ['batch'] },
  },
  {
    name: 'a drained cluster whose workload must stay apart from another',
    run: async () => {
      const workloadAffinity = { antiAffinity: { groupByLabelKey: 'ha' } }
      const apart = aPolicy('apart', aggregated, { workloadAffinity })
      const resourceSelectors = ['left', 'right'].map((name) => ({ apiVersion: 'apps/v1', kind: 'Deployment', name }))
      await fleet.api.create(propagationPolicyResource, { ...apart, spec: { ...spec(apart), resourceSelectors } })
      for (const name of ['left', 'right']) {
        const template = ofCpus(name, 1)
        const metadata = { ...template.metadata, labels: { ha: 'pair' } }
        await fleet.api.create(deployments, { ...template, metadata })
      }
      await fleet.env.advance(120_000)
      const [name = ''] = (await happened()).find((each) => each.startsWith('left'))?.match(/\w+(?==)/) ?? []
      return [await foretell([], (changed) => drainCluster(changed, name)), () => taint(name)]
    },
    want: { moving: ['left'], among: true },
  },
  {
    name: 'prices under which what is added goes elsewhere',
    run: async () => {
      const cheap = aPolicy('batch', divided, { objective: { price: 1 } })
      await fleet.api.update(propagationPolicyResource, { ...(await policyOf('batch')), spec: spec(cheap) })
      await fleet.env.advance(120_000)
      const entries = [
        { targetCluster: { clusterNames: ['us'] }, perCPUHour: 0.01, perGiBHour: 0 },
        { targetCluster: {}, perCPUHour: 0.09, perGiBHour: 0 },
      ]
      const sheet = { apiVersion, kind: 'PriceSheet', metadata: { name: 'prices' }, spec: { entries } }
      const patch = (changed: Fleet) => scaleLoad(changed, 1.6, ({ workload }) => workload.name === 'batch')
      return [
        await foretell([sheet], patch),
        async () => {
          await fleet.api.create(priceSheetResource, sheet)
          await scale('batch', 8)
        },
      ]
    },
    want: { moving: ['batch'] },
  },
  {
    name: 'a new template',
    run: async () => {
      const template = ofCpus('new', 4)
      await fleet.api.create(propagationPolicyResource, aPolicy('new', byWeight({ eu: 3, ap: 1 })))
      return [
        await foretell([{ ...template, metadata: { ...template.metadata, uid: 'new' } }]),
        () => fleet.api.create(deployments, template),
      ]
    },
    want: { moving: ['new'] },
  },
]

const scale = (name: string, replicas: number) =>
  fleet.api.patch(deployments, { namespace: 'shop', name }, { type: 'merge', patch: { spec: { replicas } } })

describe('planChange() on a whole fleet', () => {
  test.each(cases)('foretells what $name does', async ({ run, want: { moving, missing = 0, among = false } }) => {
    const [planned, doIt] = await run()
    await doIt()
    await fleet.env.advance(600_000)
    expect(await happened()).toEqual(foretold(planned))
    const { workloads, totals } = planned.status
    const names = workloads.filter(({ moves }) => moves.length > 0).map(({ workload }) => workload.name)
    expect(names).toEqual(among ? expect.arrayContaining([...moving]) : moving)
    expect(totals.missing.to).toBe(missing)
  })
})
