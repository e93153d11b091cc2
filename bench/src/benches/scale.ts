// A large fleet: what it costs to place everything, to hold it, and to start again.
import type { Benchmark, Run } from '../benchmark.ts'
import { now, sleep, until } from '../clock.ts'
import { quietAt, quietShare } from '../fleet-restart.ts'
import type { Hub } from '../hub.ts'
import { cpuSeconds, memoryOf } from '../processes.ts'
import { oneRow, rowOf, type Report, type Row } from '../report.ts'
import { place, startSlicedFleet, type SlicedFleet } from '../sliced-fleet.ts'

export const scale: Benchmark = {
  name: 'scale',
  about: 'many plain members in another process, workloads on ten of them each: memory, lag, restart',
  options: { members: 1_000, workloads: 10_000, width: 10, rest: 20 },
  async run(run): Promise<Report> {
    const began = now()
    const sliced = await startSlicedFleet(run, { members: run.option('members'), width: run.option('width') })
    const ready = oneRow('registered to all Ready', 's', (now() - began) / 1_000)
    const placed = await placing(run, sliced)
    const rest = await atRest(run, sliced.hub)
    return { rows: [ready, ...placed, ...rest.rows, ...(await restart(run, sliced, rest.share))] }
  },
}

async function placing(run: Run, sliced: SlicedFleet): Promise<readonly Row[]> {
  const { hub, width } = sliced
  const [workloads, pid] = [run.option('workloads'), hub.pid()]
  const copies = workloads * width
  run.progress(`placing ${copies} copies`)
  const [from, used, revision, lag] = [now(), cpuSeconds(pid), await hub.revision(), followLag(hub)]
  await place(sliced, workloads)
  const placed = (now() - from) / 1_000
  run.progress(`placed after ${placed.toFixed(1)} s`)
  const settled = (await settledAt(hub)) - from
  const lags = await lag.stop()
  return [
    oneRow(`${copies} copies on the members`, 's', placed),
    oneRow('… and told of', 's', settled / 1_000),
    oneRow('processor time of the hub for each copy', 'ms', ((cpuSeconds(pid) - used) * 1_000) / copies),
    oneRow('writes of the hub for each workload', '', ((await hub.revision()) - revision) / workloads),
    rowOf('answer of the hub meanwhile', 'ms', lags),
    rowOf('answer of the hub meanwhile', 'ms', lags, 0.99),
    oneRow('most resident memory', 'MiB', memoryOf(pid).peak),
  ]
}

async function atRest(run: Run, hub: Hub): Promise<{ readonly rows: readonly Row[]; readonly share: number }> {
  run.progress('at rest')
  const seconds = run.option('rest')
  const [used, revision] = [cpuSeconds(hub.pid()), await hub.revision()]
  await sleep(seconds * 1_000)
  const share = (cpuSeconds(hub.pid()) - used) / seconds
  return {
    share,
    rows: [
      oneRow('at rest: resident memory', 'MiB', memoryOf(hub.pid()).resident, 1_536),
      oneRow('at rest: processor', '% of one core', share * 100),
      oneRow('at rest: hub writes a minute', '', (((await hub.revision()) - revision) / seconds) * 60),
    ],
  }
}

/** `share`: of one core that the hub uses at rest. */
async function restart(run: Run, { hub, fleet }: SlicedFleet, share: number): Promise<readonly Row[]> {
  await hub.stop()
  const before = await fleet.ask({ kind: 'count' })
  const from = now()
  await hub.start()
  const [serving, revision, lag] = [now() - from, await hub.revision(), followLag(hub)]
  run.progress(`serving again after ${(serving / 1_000).toFixed(1)} s`)
  const quiet = (await quietAt(hub.pid(), share + quietShare)) - from
  const lags = await lag.stop()
  const after = await fleet.ask({ kind: 'count' })
  return [
    oneRow('restart to serving', 's', serving / 1_000),
    oneRow('restart to quiet', 's', quiet / 1_000, 60),
    oneRow('changes on members', '', after.writes - before.writes, 0),
    oneRow('writes of the hub', '', (await hub.revision()) - revision),
    rowOf('answer of the hub after serving', 'ms', lags, 0.99),
    oneRow('memory after the restart', 'MiB', memoryOf(hub.pid()).resident, 1_536),
    oneRow('most memory of the restart', 'MiB', memoryOf(hub.pid()).peak),
  ]
}

/** `now()` when the hub had written for the last time. */
async function settledAt(hub: Hub): Promise<number> {
  let [revision, at] = [await hub.revision(), now()]
  const quietMs = async () => {
    const found = await hub.revision()
    if (found !== revision) [revision, at] = [found, now()]
    return now() - at
  }
  await until('the hub to stop writing', quietMs, (ms) => ms > 3_000, { everyMs: 250, withinMs: 600_000 })
  return at
}

const lagEveryMs = 100

/** How long the hub takes to say that it is there: little else but how long its thread is held up. */
function followLag({ api }: Hub): { stop(): Promise<readonly number[]> } {
  const lags: number[] = []
  let isOver = false
  const run = async () => {
    while (!isOver) {
      const from = now()
      await api.raw({ path: '/livez' })
      lags.push(now() - from)
      await sleep(lagEveryMs)
    }
    return lags
  }
  const running = run()
  return {
    stop() {
      isOver = true
      return running
    },
  }
}
