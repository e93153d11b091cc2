// The life of a fleet of three real members: single placements, a thousand at once, all of them moved, a restart.
import { deployments } from '@flotilla/machinery/well-known-resources'
import { valueAt } from '@flotilla/machinery/untyped'
import type { Benchmark, Run } from '../benchmark.ts'
import { now, pool, sleep, sleepUntil, until } from '../clock.ts'
import { restartRows } from '../fleet-restart.ts'
import { aDeployment, everywherePolicy, propagationPolicyResource, weightedPolicy } from '../manifests.ts'
import { flotilla, memoryOf } from '../processes.ts'
import { clear, startRealFleet, type Observed, type RealFleet } from '../real-fleet.ts'
import { oneRow, rowOf, type Report, type Row } from '../report.ts'

const replicas = 2
const width = 32

export const fleet: Benchmark = {
  name: 'fleet',
  about: 'on three real members: latency, bursts, all weights changed, memory, restart, lists, evenness',
  options: { count: 1_000, singles: 40, lists: 7, nodes: 20, rate: 0 },
  async run(run): Promise<Report> {
    const real = await startRealFleet(run, run.option('rate'))
    const rows: Row[] = [...(await singles(run, real))]
    rows.push(await burstWithoutPods(run, real))
    const observed = await prepare(real, 'burst')
    rows.push(await burst(run, real, observed, 'burst', 'with pods'), ...evenness(run, observed))
    rows.push(...(await lists(run)(real)))
    run.progress('waiting for the pods')
    await atRest(observed)
    rows.push(await spread(run, real, observed))
    rows.push(oneRow('hub memory after it', 'MiB', memoryOf(real.hub.pid()).resident, atFullCount(run, 400)))
    rows.push(oneRow('most hub memory', 'MiB', memoryOf(real.hub.pid()).peak))
    run.progress('waiting for the members to come to rest')
    await atRest(observed)
    rows.push(...(await restartRows(run, real)))
    observed.stop()
    return { rows }
  },
}

async function prepare({ ensureNamespace, observe }: RealFleet, namespace: string): Promise<Observed> {
  await ensureNamespace(namespace)
  return observe(namespace)
}

/** A Deployment and its policy, one pair a second. */
async function singles(run: Run, { hub, ...rest }: RealFleet): Promise<readonly Row[]> {
  const namespace = 'singles'
  const observed = await prepare({ hub, ...rest }, namespace)
  const seen = new Map<string, Map<number, number>>()
  observed.onChange((name, member) => {
    const by = seen.get(name) ?? new Map<number, number>()
    seen.set(name, by)
    if (!by.has(member)) by.set(member, now())
  })
  const took: number[] = []
  const start = now()
  for (let index = 0; index < run.option('singles'); index++) {
    await sleepUntil(start + index * 1_000)
    const name = `web-${index}`
    await hub.api.create(deployments, aDeployment(namespace, name, replicas))
    const from = now()
    await hub.api.create(propagationPolicyResource, everywherePolicy(namespace, name, name))
    await until(
      name,
      () => seen.get(name)?.size ?? 0,
      (size) => size === rest.members.length,
      { everyMs: 1 },
    )
    took.push(Math.max(...(seen.get(name)?.values() ?? [])) - from)
  }
  run.progress('single placements are done')
  await clear(hub.api, namespace, observed)
  observed.stop()
  const measure = 'Deployment and policy to the last of three members'
  return [rowOf(measure, 'ms', took, 0.5, 30), rowOf(measure, 'ms', took, 0.99, 100)]
}

/** Members whose controllers stand still make no pods. */
async function burstWithoutPods(run: Run, real: RealFleet): Promise<Row> {
  const observed = await prepare(real, 'dry')
  for (const { plane } of real.members) plane.pause('kube-controller-manager')
  try {
    const row = await burst(run, real, observed, 'dry', 'without pods')
    await clear(real.hub.api, 'dry', observed)
    return row
  } finally {
    for (const { plane } of real.members) plane.resume('kube-controller-manager')
    observed.stop()
  }
}

/** The bars are for a thousand Deployments: fewer meet or miss none. */
function atFullCount(run: Run, bar: number | undefined): number | undefined {
  return run.option('count') >= 1_000 ? bar : undefined
}

const bars: Readonly<Record<string, number>> = { 'with pods': 30, 'without pods': 12 }

async function burst(run: Run, real: RealFleet, observed: Observed, namespace: string, how: string): Promise<Row> {
  const { hub, members } = real
  const count = run.option('count')
  const names = Array.from({ length: count }, (_, index) => `web-${index}`)
  const clusters = members.map(({ name }) => name)
  const from = now()
  const even = clusters.map(() => 1)
  await hub.api.create(propagationPolicyResource, weightedPolicy(namespace, 'all', clusters, even))
  const sent = pool(names, width, (name) => hub.api.create(deployments, aDeployment(namespace, name, replicas)))
  await untilPlaced(observed, count, (shares) => sum(shares) === replicas)
  const seconds = (now() - from) / 1_000
  await sent
  run.progress(`${count} × ${replicas} replicas ${how}: ${seconds.toFixed(1)} s`)
  return oneRow(`${count} × ${replicas} replicas ${how}, all on members`, 's', seconds, atFullCount(run, bars[how]))
}

/** Until the replicas that each Deployment has on each member satisfy `isPlaced`. */
async function untilPlaced(
  observed: Observed,
  count: number,
  isPlaced: (shares: readonly number[]) => boolean,
): Promise<void> {
  const names = () => new Set(observed.deployments.flatMap((one) => [...one.keys()]))
  const placed = () => [...names()].filter((name) => isPlaced(sharesOf(observed, name))).length
  await until(`${count} placements`, placed, (found) => found >= count, { everyMs: 50, withinMs: 900_000 })
}

function sharesOf({ deployments: members }: Observed, name: string): readonly number[] {
  return members.map((one) => Number(valueAt(one.get(name), 'spec', 'replicas') ?? 0))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** How far the fullest member is above the mean. */
function evenness(run: Run, observed: Observed): readonly Row[] {
  const totals = observed.deployments.map((one) =>
    sum([...one.values()].map((object) => Number(valueAt(object, 'spec', 'replicas') ?? 0))),
  )
  run.progress(`replicas on the members: ${totals.join(', ')}`)
  const mean = sum(totals) / totals.length
  const furthest = Math.max(...totals.map((total) => Math.abs(total - mean)))
  return [oneRow('furthest member from an even share of the replicas', '%', (furthest / mean) * 100, 10)]
}

function lists(run: Run) {
  return async ({ hub }: RealFleet): Promise<readonly Row[]> => {
    const took: number[] = []
    const args = ['get', 'deployments', '-n', 'burst', '-C', 'all', '--kubeconfig', hub.kubeconfig]
    let lines = 0
    for (let index = 0; index < run.option('lists'); index++) {
      const from = now()
      lines = (await flotilla(args)).trim().split('\n').length - 1
      took.push((now() - from) / 1_000)
    }
    return [rowOf(`flotilla get of ${lines} Deployments over three members`, 's', took, 0.5, atFullCount(run, 0.7))]
  }
}

/** All weight to the first member: until every other one holds none. */
async function spread(run: Run, { hub, members }: RealFleet, observed: Observed): Promise<Row> {
  const clusters = members.map(({ name }) => name)
  const { spec } = weightedPolicy('burst', 'all', clusters, [1, 0, 0])
  const count = run.option('count')
  const from = now()
  const patch = { spec: spec as Record<string, unknown> }
  await hub.api.patch(propagationPolicyResource, { namespace: 'burst', name: 'all' }, { type: 'merge', patch })
  await untilPlaced(observed, count, ([first, ...others]) => first === replicas && sum(others) === 0)
  const seconds = (now() - from) / 1_000
  run.progress(`all weights changed: ${seconds.toFixed(1)} s`)
  return oneRow(`weights of all ${count} changed to one member`, 's', seconds, atFullCount(run, 20))
}

/** Nothing has changed on any member for a while. */
async function atRest(observed: Observed): Promise<void> {
  let changedAt = now()
  observed.onChange(() => (changedAt = now()))
  await until(
    'the members to come to rest',
    () => now() - changedAt,
    (quiet) => quiet > 10_000,
    { withinMs: 600_000 },
  )
  await sleep(1_000)
}
