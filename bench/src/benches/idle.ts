// What a hub costs while nothing happens.
import type { Benchmark, Run } from '../benchmark.ts'
import { now, sleep } from '../clock.ts'
import { startHub } from '../hub.ts'
import { cpuSeconds, memoryOf } from '../processes.ts'
import { oneRow, type Row } from '../report.ts'
import { startSimulatedFleet } from '../separate-fleet.ts'

export const idle: Benchmark = {
  name: 'idle',
  about: 'memory and processor time of a hub with 3 and with 200 simulated members, joined over HTTP, at rest',
  options: { few: 3, many: 200, nodes: 1, settle: 30, seconds: 60 },
  async run(run) {
    return { rows: [...(await measure(run, run.option('few'))), ...(await measure(run, run.option('many')))] }
  },
}

async function measure(run: Run, members: number): Promise<readonly Row[]> {
  await using fleet = await startSimulatedFleet(members, run.option('nodes'))
  await using hub = await startHub()
  run.progress(`${members} members: registering`)
  const from = now()
  await fleet.register(hub.api)
  await hub.untilReady(members)
  const ready = now() - from
  await sleep(run.option('settle') * 1_000)
  run.progress(`${members} members: at rest`)
  const [cpu, revision, since] = [cpuSeconds(hub.pid()), await hub.revision(), now()]
  await sleep(run.option('seconds') * 1_000)
  const seconds = (now() - since) / 1_000
  const { resident, peak } = memoryOf(hub.pid())
  const of = (measureName: string) => `${members} members: ${measureName}`
  return [
    oneRow(of('registered to all Ready'), 'ms', ready),
    oneRow(of('resident memory'), 'MiB', resident),
    oneRow(of('most resident memory so far'), 'MiB', peak),
    oneRow(of('processor'), '% of one core', ((cpuSeconds(hub.pid()) - cpu) / seconds) * 100),
    oneRow(of('hub writes a minute'), '', (((await hub.revision()) - revision) / seconds) * 60),
  ]
}
