// Statuses that change on very many members at once: what the hub tells of them, how soon, and by how many writes.
import { resourceBindingResource } from '@flotilla/api/resource-binding'
import { deployments } from '@flotilla/machinery/well-known-resources'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { createInformer } from '@flotilla/runtime/create-informer'
import { env, listAll } from '../api-server.ts'
import type { Benchmark, Run } from '../benchmark.ts'
import { now, sleep, until } from '../clock.ts'
import type { Answers } from '../members/protocol.ts'
import { cpuSeconds } from '../processes.ts'
import { oneRow, rowOf, type Report, type Row } from '../report.ts'
import { nameOf, namespace, place, replicas, startSlicedFleet, type SlicedFleet } from '../sliced-fleet.ts'
import { median, quantile } from '../stats.ts'

/** Only changed by what is timed. */
const probe = nameOf(0)

export const fanIn: Benchmark = {
  name: 'fan-in',
  about: 'statuses that change on plain members in another process: writes, delay, exactness, one noisy member',
  options: { members: 1_000, workloads: 1_000, width: 100, rate: 10_000, seconds: 60, noisy: 100 },
  async run(run): Promise<Report> {
    const sliced = await startSlicedFleet(run, { members: run.option('members'), width: run.option('width') })
    run.progress('placing')
    await place(sliced, run.option('workloads'))
    const watched = run.resources.use(await watchReady(sliced))
    const even = await phase(run, sliced, watched, 0)
    const share = run.option('rate') / run.option('members')
    const noisy = await phase(run, sliced, watched, share * run.option('noisy'))
    const ratio = (of: (samples: readonly number[]) => number) => of(noisy.delays) / of(even.delays)
    return {
      rows: [
        ...even.rows,
        ...noisy.rows.map((row) => ({ ...row, measure: `one member noisy: ${row.measure}` })),
        oneRow('others slower while one is noisy, median', '×', ratio(median), 1.5),
        oneRow('others slower while one is noisy, p90', '×', ratio(ninetieth), 1.5),
      ],
    }
  },
}

const ninetieth = (samples: readonly number[]) => quantile(samples, 0.9)

interface Phase {
  readonly rows: readonly Row[]
  readonly delays: readonly number[]
}

async function phase(run: Run, sliced: SlicedFleet, watched: Watched, noise: number): Promise<Phase> {
  const { hub, fleet } = sliced
  await until(
    'the hub to tell all',
    () => wrongOn(sliced),
    (wrong) => wrong === 0,
    waiting,
  )
  run.progress(noise === 0 ? 'all members change' : 'and one of them very often')
  const [revision, used] = [await hub.revision(), cpuSeconds(hub.pid())]
  const [perSecond, seconds] = [run.option('rate'), run.option('seconds')]
  const churned = fleet.ask({ kind: 'churn', perSecond, seconds, noise, except: probe })
  const delays = await probeUntil(churned, sliced, watched)
  const { sent, seconds: took } = await churned
  const [from, cpu] = [now(), cpuSeconds(hub.pid()) - used]
  await until(
    'the hub to tell all',
    () => wrongOn(sliced),
    (wrong) => wrong === 0,
    waiting,
  )
  const exact = (now() - from) / 1_000
  const writes = (await hub.revision()) - revision
  return {
    delays,
    rows: [
      oneRow('changes a second', '', sent / took),
      oneRow('writes of the hub for each change', '', writes / sent, 0.05),
      rowOf('change to told, another workload', 'ms', delays),
      rowOf('change to told, another workload', 'ms', delays, 0.99),
      oneRow('end of the changes to all told exactly', 's', exact),
      oneRow('processor of the hub', '% of one core', (cpu / took) * 100),
    ],
  }
}

const waiting = { everyMs: 1_000, withinMs: 300_000 }
const probeEveryMs = 200
const probeWithinMs = 120_000

/** Times changes of the probe on the last member that has it, until `end`. */
async function probeUntil(end: Promise<unknown>, { fleet, width }: SlicedFleet, watched: Watched) {
  let isOver = false
  void end.then(() => (isOver = true))
  const delays: number[] = []
  // An even number of rounds: the next one begins as this one did.
  for (let round = 0; !isOver || round % 2 === 1; round++) {
    const ready = round % 2 === 0 ? replicas - 1 : replicas
    const told = watched.next((width - 1) * replicas + ready)
    const { at } = await fleet.ask({ kind: 'set', member: width - 1, name: probe, ready })
    delays.push((await told) - at)
    await sleep(probeEveryMs)
  }
  return delays
}

interface Watched extends AsyncDisposable {
  /** `now()` when the hub tells of so many ready replicas of the probe. */
  next(ready: number): Promise<number>
}

async function watchReady({ hub }: SlicedFleet): Promise<Watched> {
  const fieldSelector = `metadata.name=${probe}`
  const informer = createInformer({ env, api: hub.api, resource: deployments, namespace, fieldSelector })
  let awaited: { readonly ready: number; readonly hit: (at: number) => void } | undefined
  informer.onChange(({ after }) => {
    if (awaited?.ready === valueAt(after, 'status', 'readyReplicas')) awaited?.hit(now())
  })
  informer.start()
  await informer.synced()
  return {
    next(ready) {
      const { promise, resolve } = Promise.withResolvers<number>()
      awaited = { ready, hit: resolve }
      return Promise.race([promise, tooLate()])
    },
    [Symbol.asyncDispose]: () => informer.stop(),
  }
}

async function tooLate(): Promise<never> {
  await sleep(probeWithinMs)
  throw new Error(`The hub did not tell of the probe within ${probeWithinMs / 1_000} s`)
}

/** How many templates and bindings on the hub tell of other ready replicas than the members have. */
async function wrongOn({ hub, fleet }: SlicedFleet): Promise<number> {
  const held = await fleet.ask({ kind: 'ready' })
  const templates = await listAll(hub.api, deployments, namespace)
  const bindings = await listAll(hub.api, resourceBindingResource, namespace)
  return templates.filter((one) => !isSummed(one, held)).length + bindings.filter((one) => !isListed(one, held)).length
}

function isSummed({ metadata, ...template }: KubeObject, held: Answers['ready']): boolean {
  const sum = Object.values(held[metadata.name] ?? {}).reduce((total, ready) => total + ready, 0)
  return Number(valueAt(template, 'status', 'readyReplicas') ?? 0) === sum
}

function isListed(binding: KubeObject, held: Answers['ready']): boolean {
  const [workload] = asDicts(valueAt(binding, 'spec', 'workloads'))
  const name = String(valueAt(workload, 'ref', 'name'))
  const clusters = asDicts(valueAt(binding, 'status', 'clusters'))
  return clusters.every((cluster) => {
    const member = Number(String(cluster['name']).slice('member-'.length)) - 1
    return (cluster['readyReplicas'] ?? 0) === held[name]?.[member]
  })
}
