// Whatever workloads come, go, change and are decided: no rule is broken by a decision, and what is kept step by step
// is what the bindings say.
import { apiVersion } from '@flotilla/api/group'
import type { Placement } from '@flotilla/api/placement'
import type { DecidedCluster, Decision, ResourceBinding } from '@flotilla/api/resource-binding'
import { topologyOfTerm, type WorkloadAffinity, type WorkloadAffinityTerm } from '@flotilla/api/workload-affinity'
import { fromLabelSelector, matchesLabels } from '@flotilla/machinery/selector'
import { aClusterRow, aggregated, aRequest, byWeight, roomFor } from '@flotilla/scheduler/fixtures'
import { workloadAffinity, workloadAntiAffinity } from '@flotilla/scheduler/filters/workload-affinity'
import type { Neighbours } from '@flotilla/scheduler/neighbours'
import { schedule } from '@flotilla/scheduler/schedule'
import { createSnapshot } from '@flotilla/scheduler/snapshot'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Neighbourhood } from './neighbourhood.ts'

type Labels = Readonly<Record<string, string>>

interface Workload {
  readonly binding: ResourceBinding
  readonly rules: WorkloadAffinity | undefined
}

const snapshot = createSnapshot(
  [{ name: 'a', region: 'eu' }, { name: 'b', region: 'eu' }, { name: 'c', region: 'us' }, { name: 'd' }].map((row) =>
    aClusterRow({ ...row, ...roomFor(4) }),
  ),
)
const regionOf = (id: string) => snapshot.byId.get(id)?.region ?? ''

const names = ['v', 'w', 'x', 'y', 'z']
const anyLabels = fc.record(
  { app: fc.constantFrom('p', 'q'), ha: fc.constantFrom('1', '2') },
  { requiredKeys: ['app'] },
)
const anyGroup = fc.constantFrom<WorkloadAffinityTerm>(
  { groupByLabelKey: 'ha' },
  { groupByLabelKey: 'app' },
  { labelSelector: { matchLabels: { app: 'p' } } },
  { labelSelector: { matchExpressions: [{ key: 'ha', operator: 'Exists' }] } },
  { labelSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['p'] }] } },
  { labelSelector: { matchLabels: { app: 'q', ha: '1' } } },
)
const anyTerm = fc
  .tuple(anyGroup, fc.constantFrom<WorkloadAffinityTerm['topologyField']>(undefined, 'cluster', 'region'))
  .map(([group, topologyField]): WorkloadAffinityTerm => ({ ...group, ...(topologyField && { topologyField }) }))
const anyRules = fc.option(
  fc.record({ affinity: anyTerm, antiAffinity: anyTerm, preferredAffinity: anyTerm }, { requiredKeys: [] }),
  {
    nil: undefined,
  },
)
const anyPlacement = fc.constantFrom<Placement>({}, aggregated, byWeight({ a: 2, b: 1, c: 1, d: 1 }))
const anyStep = fc.oneof(
  fc.record({ do: fc.constant('set' as const), name: fc.constantFrom(...names), labels: anyLabels, rules: anyRules }),
  fc.record({ do: fc.constantFrom('delete' as const, 'confirm' as const), name: fc.constantFrom(...names) }),
  fc.record({
    do: fc.constant('decide' as const),
    name: fc.constantFrom(...names),
    placement: anyPlacement,
    replicas: fc.nat(6),
    isGrowthReady: fc.boolean(),
  }),
)

function aBinding(name: string, labels: Labels, spec: Partial<ResourceBinding['spec']> = {}): ResourceBinding {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, uid: name }
  return {
    apiVersion,
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name },
    spec: { ...spec, workloads: [{ ref, labels, components: [] }] },
  }
}

const labelsOf = ({ binding }: Workload): Labels => binding.spec.workloads[0]?.labels ?? {}
const isThere = ({ replicas = 1, from = 0 }: DecidedCluster) => Math.max(replicas, from) > 0

/** Clusters where some of it may run. */
function presentOn({ binding: { spec } }: Workload): readonly string[] {
  return [...(spec.decision?.clusters ?? []).filter(isThere), ...(spec.removals ?? [])].map(({ id }) => id)
}

function placedOn({ binding: { spec } }: Workload): readonly string[] {
  return (spec.decision?.clusters ?? []).flatMap(({ id, replicas = 1 }) => (replicas > 0 ? [id] : []))
}

function selects(term: WorkloadAffinityTerm | undefined, own: Labels, other: Labels): boolean {
  if (term === undefined) return false
  const { groupByLabelKey: key, labelSelector } = term
  if (key === undefined) return matchesLabels(fromLabelSelector(labelSelector), other)
  return own[key] !== undefined && own[key] === other[key]
}

function isOnePlace(term: WorkloadAffinityTerm, one: string, other: string): boolean {
  if (topologyOfTerm(term).spreadByField === 'cluster') return one === other
  return regionOf(one) !== '' && regionOf(one) === regionOf(other)
}

/** What a new replica of `it` on the cluster breaks. */
function brokenBy(it: Workload, id: string, others: readonly Workload[]): readonly string[] {
  const near = it.rules?.affinity
  const group = others.filter((other) => selects(near, labelsOf(it), labelsOf(other)))
  const isMember = selects(near, labelsOf(it), labelsOf(it))
  const company = [...group.flatMap(placedOn), ...(isMember ? placedOn(it) : [])]
  const isBound = near !== undefined && group.some((other) => placedOn(other).length > 0)
  const keepsApart = (rules: Workload, one: Workload, other: Workload) => {
    const term = rules.rules?.antiAffinity
    const [away] = [one, other].filter((each) => each !== it)
    if (term === undefined || !selects(term, labelsOf(one), labelsOf(other)) || away === undefined) return false
    return presentOn(away).some((at) => isOnePlace(term, at, id))
  }
  return [
    ...(isBound && !company.some((at) => isOnePlace(near, at, id)) ? ['affinity'] : []),
    ...(others.some((other) => keepsApart(it, it, other)) ? ['antiAffinity'] : []),
    ...(others.some((other) => keepsApart(other, other, it)) ? ['antiAffinity of others'] : []),
  ]
}

/** Clusters that rules leave out. */
function viewOf(neighbours: Neighbours | undefined): string {
  const request = aRequest(neighbours && { neighbours })
  const judges = [workloadAffinity, workloadAntiAffinity].map((filter) => filter.prepare(request, snapshot))
  return snapshot.clusters
    .filter((cluster) => judges.some((judge) => judge(cluster)))
    .map(({ name }) => name)
    .join()
}

function heldBy(decision: Decision | undefined, id: string): number {
  const entry = decision?.clusters.find((cluster) => cluster.id === id)
  return entry === undefined ? 0 : Math.max(entry.replicas ?? 1, entry.from ?? 0)
}

test('Neighbourhood and schedule() add no replica against a rule, and keep what the bindings say', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 4, maxLength: 24 }), (steps) => {
      const hood = new Neighbourhood()
      const workloads = new Map<string, Workload>()
      const views = new Map<string, string>()
      const tell = (name: string, workload: Workload) => {
        workloads.set(name, workload)
        look([name, ...hood.follow(`shop/${name}`, workload.binding, workload.rules)])
      }
      for (const step of steps) {
        const { name } = step
        const it = workloads.get(name)
        if (step.do === 'set') tell(name, { binding: aBinding(name, step.labels, it?.binding.spec), rules: step.rules })
        if (it === undefined) continue
        const { spec } = it.binding
        if (step.do === 'delete') {
          workloads.delete(name)
          views.delete(name)
          look([...hood.forget(`shop/${name}`, 'shop')])
        }
        if (step.do === 'confirm')
          tell(name, { ...it, binding: aBinding(name, labelsOf(it), { ...spec, removals: [] }) })
        if (step.do === 'decide') decide(it, step)
      }
      const fresh = new Neighbourhood()
      for (const [name, { binding, rules }] of workloads) fresh.follow(`shop/${name}`, binding, rules)
      for (const [name, { binding }] of workloads) {
        expect(hood.of(`shop/${name}`, binding)).toEqual(fresh.of(`shop/${name}`, binding))
      }

      /** Whoever is not told of a change sees nothing else than before. */
      function look(told: readonly string[]) {
        for (const [name, { binding }] of workloads) {
          const key = `shop/${name}`
          const view = viewOf(hood.of(key, binding))
          if (!told.includes(key) && !told.includes(name)) expect([name, view]).toEqual([name, views.get(name)])
          views.set(name, view)
        }
      }

      function decide(
        it: Workload,
        asked: { name: string; placement: Placement; replicas: number; isGrowthReady: boolean },
      ) {
        const { name, ...rest } = asked
        const { spec } = it.binding
        const { decision: previous } = spec
        const key = `shop/${name}`
        const neighbours = hood.of(key, it.binding)
        const request = aRequest({ ...rest, ...(previous && { previous }), ...(neighbours && { neighbours }) })
        const decision = schedule(request, snapshot, { trigger: 'Test' })
        const others = [...workloads].flatMap(([other, each]) => (other === name ? [] : [each]))
        for (const { id } of decision.clusters) {
          if (heldBy(decision, id) > heldBy(previous, id)) expect(brokenBy(it, id, others)).toEqual([])
        }
        hood.take(key, it.binding, it.rules, decision)
        const dropped = (previous?.clusters ?? []).filter(({ id }) => !decision.clusters.some((each) => each.id === id))
        const object = { apiVersion: 'apps/v1', kind: 'Deployment', name }
        const removals = dropped.map(({ id, name: cluster }) => ({
          cluster,
          id,
          object,
          templateUID: name,
          reason: 'Test',
          since: '',
        }))
        const next = { ...spec, decision, removals: [...(spec.removals ?? []), ...removals] }
        tell(name, { ...it, binding: aBinding(name, labelsOf(it), next) })
      }
    }),
    { numRuns: 1000 },
  )
})

test('Neighbourhood.follow() names those whose decisions may differ, and nobody for what changes nothing', () => {
  const hood = new Neighbourhood()
  const decision = { clusters: [{ name: 'a', id: 'id-a', replicas: 2 }] } as unknown as Decision
  const away: WorkloadAffinity = { antiAffinity: { labelSelector: { matchLabels: { app: 'web' } } } }
  const near: WorkloadAffinity = { affinity: { labelSelector: { matchLabels: { app: 'db' } } } }
  const follow = (name: string, rules?: WorkloadAffinity, spec: Partial<ResourceBinding['spec']> = {}, app = name) =>
    [...hood.follow(`shop/${name}`, aBinding(name, { app }, spec), rules)].sort()
  expect(follow('other')).toEqual([])
  expect(follow('web')).toEqual([])
  expect(follow('shy', away)).toEqual([])
  expect(follow('shy', away, { decision })).toEqual(['shop/web'])
  expect(follow('cache', near)).toEqual([])
  expect(follow('db', undefined, { decision })).toEqual(['shop/cache'])
  expect(follow('db', undefined, { decision })).toEqual([])
  expect(follow('db-2', undefined, { decision }, 'db')).toEqual([])
  expect([...hood.forget('shop/db', 'shop')]).toEqual([])
  expect([...hood.forget('shop/db-2', 'shop')]).toEqual(['shop/cache'])
  expect(follow('web', undefined, { decision })).toEqual(['shop/shy'])
  expect(follow('shy', undefined, { decision })).toEqual(['shop/web'])
  expect(follow('web')).toEqual([])
})

test('Neighbourhood.follow() tells others of a decision once it is written, though it has been taken in before', () => {
  const hood = new Neighbourhood()
  const decision = { clusters: [{ name: 'a', id: 'id-a', replicas: 2 }] } as unknown as Decision
  const near: WorkloadAffinity = { affinity: { labelSelector: { matchLabels: { app: 'db' } } } }
  hood.follow('shop/web', aBinding('web', { app: 'web' }), near)
  hood.follow('shop/db', aBinding('db', { app: 'db' }), undefined)
  hood.take('shop/db', aBinding('db', { app: 'db' }), undefined, decision)
  expect([...hood.follow('shop/db', aBinding('db', { app: 'db' }, { decision }), undefined)]).toEqual(['shop/web'])
})

test('Neighbourhood.take() keeps a cluster that a decision leaves until its copies are known to be gone', () => {
  const hood = new Neighbourhood()
  const at = (name: string) => ({ clusters: [{ name, id: `id-${name}`, replicas: 2 }] }) as unknown as Decision
  const away: WorkloadAffinity = { antiAffinity: { labelSelector: { matchLabels: { app: 'db' } } } }
  const web = aBinding('web', { app: 'web' })
  const db = aBinding('db', { app: 'db' }, { decision: at('a') })
  hood.follow('shop/web', web, away)
  hood.follow('shop/db', db, undefined)
  hood.take('shop/db', db, undefined, at('b'))
  expect([...(hood.of('shop/web', web)?.antiAffinity?.residents.keys() ?? [])].sort()).toEqual(['id-a', 'id-b'])
})

test('Neighbourhood.follow() takes a malformed selector that got past admission for one of nobody', () => {
  const hood = new Neighbourhood()
  const near: WorkloadAffinity = { affinity: { labelSelector: { matchExpressions: [{ key: 'app', operator: 'In' }] } } }
  hood.follow('shop/web', aBinding('web', { app: 'web' }), near)
  hood.follow('shop/db', aBinding('db', { app: 'db' }), undefined)
  expect(hood.of('shop/web', aBinding('web', { app: 'web' }))?.affinity).toMatchObject({
    isMember: false,
    mayBeFirst: false,
  })
})

test('Neighbourhood.takeBack() lets in who gave way to a binding that could not be made', () => {
  const hood = new Neighbourhood()
  const decision = { clusters: [{ name: 'a', id: 'id-a', replicas: 2 }] } as unknown as Decision
  const away: WorkloadAffinity = { antiAffinity: { labelSelector: { matchLabels: { app: 'web' } } } }
  const web = aBinding('web', { app: 'web' })
  const shy = aBinding('shy', { app: 'shy' })
  hood.follow('shop/web', web, undefined)
  hood.take('shop/shy', shy, away, undefined)
  hood.take('shop/shy', shy, away, decision)
  expect(viewOf(hood.of('shop/web', web))).toBe('a')
  hood.takeBack('shop/shy', shy)
  expect(viewOf(hood.of('shop/web', web))).toBe('')
  expect([...hood.follow('shop/other', aBinding('other', {}), undefined)]).toEqual(['shop/web'])
})
