// Decisions over many clusters: how many a second, against a plain loop over the same snapshot.
import type { Placement } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import { schedule } from '@flotilla/scheduler/schedule'
import type { Snapshot } from '@flotilla/scheduler/snapshot'
import type { Benchmark, Run } from '../benchmark.ts'
import { now } from '../clock.ts'
import { inTurn, medianRatio, tooFew } from '../paired.ts'
import { decideNaively } from '../plain-loop.ts'
import { oneRow, referenceRow, variationLimit, type Report, type Row } from '../report.ts'
import { median } from '../stats.ts'
import { askFor, placements, wideFleet } from '../wide-fleet.ts'

export const scheduler: Benchmark = {
  name: 'scheduler',
  about: '100 replicas divided over 1,000 clusters, in each mode, against a plain loop over the same snapshot',
  options: { bindings: 500, clusters: 1_000, pairs: 7 },
  async run(run): Promise<Report> {
    const snapshot = wideFleet(run.option('clusters'))
    const rows: Row[] = []
    const invalid: string[] = [...tooFew(run.option('pairs'))]
    for (const [mode, placement] of Object.entries(placements)) {
      run.progress(mode)
      const measured = await measure(run, snapshot, placement)
      rows.push(...measured.rows.map((row) => ({ ...row, measure: `${mode}: ${row.measure}` })))
      invalid.push(...(measured.invalid ?? []).map((why) => `${mode}: ${why}`))
    }
    return { rows, invalid }
  },
}

async function measure(run: Run, snapshot: Snapshot, placement: Placement): Promise<Report> {
  const bindings = run.option('bindings')
  const all = (decide: (index: number) => unknown) => async () => {
    const from = now()
    for (let index = 0; index < bindings; index++) decide(index)
    return now() - from
  }
  const decisions: Decision[] = []
  const ask = (index: number) => askFor(index, placement)
  const fresh = all((index) => (decisions[index] = schedule(ask(index), snapshot, { trigger: 'New' })))
  const again = all((index) => {
    const previous = decisions[index]
    return schedule({ ...ask(index), ...(previous ? { previous } : {}) }, snapshot, { trigger: 'InputChanged' })
  })
  const pairs = await inTurn(
    run,
    { pairs: run.option('pairs') },
    fresh,
    all((index) => decideNaively(index, snapshot)),
  )
  const repeated: number[] = []
  for (let round = 0; round < 3; round++) repeated.push(await again())
  const own = referenceRow(pairs.reference, variationLimit.cpu)
  const perSecond = (milliseconds: readonly number[]) => (bindings / median(milliseconds)) * 1_000
  return {
    rows: [
      oneRow('decisions a second', '', perSecond(pairs.subject)),
      oneRow('decided again, nothing changed, a second', '', perSecond(repeated)),
      oneRow('plain loop a second', '', perSecond(pairs.reference)),
      oneRow('time, ratio to the plain loop', '×', medianRatio(pairs), 2),
      own.row,
    ],
    invalid: own.invalid,
  }
}
