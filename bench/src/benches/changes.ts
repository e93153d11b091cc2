// Deciding all bindings anew after a few clusters changed, against deciding them on clusters that nobody has seen before.
import type { Decision } from '@flotilla/api/resource-binding'
import { schedule } from '@flotilla/scheduler/schedule'
import { type ClusterRow, replaceRows, type Snapshot } from '@flotilla/scheduler/snapshot'
import type { Benchmark, Run } from '../benchmark.ts'
import { now } from '../clock.ts'
import { inTurn, medianRatio, tooFew } from '../paired.ts'
import { oneRow, referenceRow, type Report, rowOf, variationLimit } from '../report.ts'
import { askFor, placements, wideFleet } from '../wide-fleet.ts'

export const changes: Benchmark = {
  name: 'changes',
  about: 'a few clusters change: all bindings decided again, against all of them on clusters not seen before',
  options: { bindings: 1_000, clusters: 1_000, percent: 1, pairs: 7 },
  async run(run): Promise<Report> {
    const reports: Report[] = []
    for (const [what, change] of Object.entries(kindsOfChange)) {
      run.progress(what)
      reports.push(await measure(run, what, change))
    }
    return {
      rows: reports.flatMap(({ rows }) => rows),
      invalid: [...tooFew(run.option('pairs')), ...reports.flatMap(({ invalid = [] }) => invalid)],
    }
  },
}

/** `round`: they come and go. */
type ChangeRow = (row: ClusterRow, round: number) => ClusterRow

const kindsOfChange: Readonly<Record<string, ChangeRow>> = {
  'free room': (row) => ({ ...row, ...(row.shapes ? { shapes: row.shapes.toReversed() } : {}) }),
  readiness: (row, round) => ({ ...row, ready: round % 2 === 0, notReadyReason: 'it does not answer' }),
  taints: (row, round) => ({ ...row, taints: round % 2 === 0 ? [] : [{ key: 'repair', effect: 'NoSchedule' }] }),
}

/** Modes in turn: all bindings of one share a policy. */
const modes = Object.values(placements)

async function measure(run: Run, what: string, change: ChangeRow): Promise<Report> {
  const [clusters, bindings] = [run.option('clusters'), run.option('bindings')]
  const few = Math.ceil((clusters * run.option('percent')) / 100)
  let snapshot = wideFleet(clusters)
  let decisions = decideAll(bindings, snapshot, [])
  let kept = 0
  const again = async (round: number) => {
    const rows = snapshot.clusters.slice((round >> 1) * few).slice(0, few)
    const from = now()
    snapshot = replaceRows(
      snapshot,
      rows.map((row) => change(row, round + 1)),
    )
    const next = decideAll(bindings, snapshot, decisions)
    const took = now() - from
    kept += next.filter((decision, index) => decision === decisions[index]).length
    decisions = next
    return took
  }
  const anew = async () => {
    const from = now()
    decideAll(bindings, wideFleet(clusters), [])
    return now() - from
  }
  const pairs = await inTurn(run, { pairs: run.option('pairs') }, again, anew)
  const own = referenceRow(pairs.reference, variationLimit.cpu)
  const rows = [
    rowOf('decided again', 'ms', pairs.subject),
    rowOf('full pass', 'ms', pairs.reference),
    oneRow('time, share of the full pass', '×', medianRatio(pairs), 0.2),
    oneRow('decisions that stand', '%', (100 * kept) / (bindings * (pairs.subject.length + 1))),
    own.row,
  ]
  return {
    rows: rows.map((row) => ({ ...row, measure: `${what}: ${row.measure}` })),
    invalid: own.invalid.map((why) => `${what}: ${why}`),
  }
}

function decideAll(bindings: number, snapshot: Snapshot, before: readonly Decision[]): readonly Decision[] {
  return Array.from({ length: bindings }, (_, index) => {
    const request = askFor(index, modes[index % modes.length] ?? {})
    const previous = before[index]
    return schedule(previous ? { ...request, previous } : request, snapshot, { trigger: 'ClusterChanged' })
  })
}
