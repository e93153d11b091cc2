// The rebalancer on a synthetic fleet at three loads: cost against the linear program, what has no place, moves, time.
import { Assignment } from '@flotilla/scheduler/rebalance/assignment'
import { type Move, movesBetween } from '@flotilla/scheduler/rebalance/moves'
import { createProblem, type Problem } from '@flotilla/scheduler/rebalance/problem'
import { costOf } from '@flotilla/scheduler/rebalance/objective'
import { rebalance as solve, rebalanceSteps, type RebalanceOptions } from '@flotilla/scheduler/rebalance/solve'
import { violationsOf } from '@flotilla/scheduler/rebalance/violations'
import { planWaves } from '@flotilla/scheduler/rebalance/waves'
import type { Benchmark, Run } from '../benchmark.ts'
import { now } from '../clock.ts'
import { lpBound } from '../lp-bound.ts'
import { oneRow, type Report, type Row, rowOf } from '../report.ts'
import { syntheticFleet } from '../synthetic-fleet.ts'

const loads = [0.6, 0.75, 0.92]
/** The one whose cost and time have bars. */
const loadOfBars = 0.75
const gate = 2

export const rebalance: Benchmark = {
  name: 'rebalance',
  about: '10,000 workloads on 1,000 clusters at 60, 75 and 92 % load: cost against the linear program, moves, time',
  options: { workloads: 10_000, clusters: 1_000, options: 30, seed: 1, rounds: 3, seconds: 600 },
  async run(run): Promise<Report> {
    const rows: Row[] = []
    const invalid: string[] = []
    for (const load of loads) {
      const label = `${Math.round(load * 100)} % load`
      run.progress(label)
      const measured = await measure(run, load)
      rows.push(...measured.rows.map((row) => ({ ...row, measure: `${label}: ${row.measure}` })))
      invalid.push(...measured.broken.map((why) => `${label}: ${why}`))
    }
    const notes = [
      'bound: the linear program over the same replicas, solved by HiGHS to the optimum at full size',
      `gate ${gate}: what saves less than 1/${gate} of the cost of an average replica stays`,
    ]
    return { rows, invalid, notes }
  },
}

async function measure(run: Run, load: number): Promise<{ rows: readonly Row[]; broken: readonly string[] }> {
  const problem = problemAt(run, load)
  const before = new Assignment(problem)
  const freely = timed(run, problem, {})
  const gated = timed(run, problem, { gate })
  run.progress('bound')
  const bound = await lpBound(freely.result, run.option('seconds'))
  const { longest } = stepsOf(problem)
  const hasBars = load === loadOfBars
  return {
    rows: [
      oneRow(
        'replicas',
        '',
        problem.replicas.reduce((sum, count) => sum + count, 0),
      ),
      rowOf('time', 's', freely.seconds),
      rowOf('processor time', 's', freely.processorSeconds, 0.5, hasBars ? 3 : undefined),
      oneRow('longest step', 'ms', longest),
      oneRow('cost of what runs', '$/h', costOf(before)),
      oneRow('cost of the result', '$/h', costOf(freely.result)),
      oneRow('cost above the bound', '%', (costOf(freely.result) / bound - 1) * 100, hasBars ? 5 : undefined),
      ...missingRows(before, freely.result),
      oneRow('replicas that move', '', replicasOf(movesBetween(freely.result))),
      ...gatedRows(problem, gated.result, costOf(before)),
      rowOf(`gate ${gate}: processor time`, 's', gated.processorSeconds),
    ],
    broken: [...violationsOf(freely.result), ...violationsOf(gated.result), ...repeats(problem, freely.result)],
  }
}

function problemAt(run: Run, load: number): Problem {
  const [workloads, clusters] = [run.option('workloads'), run.option('clusters')]
  const fleet = syntheticFleet({ workloads, clusters, options: run.option('options'), load, seed: run.option('seed') })
  return createProblem(fleet.workloads, fleet.clusters)
}

interface Timed {
  readonly result: Assignment
  readonly seconds: readonly number[]
  /** What it takes of one core, whatever else the machine does. */
  readonly processorSeconds: readonly number[]
}

function timed(run: Run, problem: Problem, options: RebalanceOptions): Timed {
  let result = solve(problem, options)
  const seconds: number[] = []
  const processorSeconds: number[] = []
  for (let round = 0; round < run.option('rounds'); round++) {
    const [from, used] = [now(), process.cpuUsage()]
    result = solve(problem, options)
    seconds.push((now() - from) / 1_000)
    const { user, system } = process.cpuUsage(used)
    processorSeconds.push((user + system) / 1e6)
  }
  return { result, seconds, processorSeconds }
}

/** Between two points at which others may run, milliseconds. */
function stepsOf(problem: Problem): { readonly longest: number } {
  const steps = rebalanceSteps(problem)
  let longest = 0
  for (let from = now(); steps.next().done !== true; from = now()) longest = Math.max(longest, now() - from)
  return { longest }
}

function missingRows(before: Assignment, after: Assignment): readonly Row[] {
  const { problem } = after
  const priorities = [...new Set(problem.priority)].sort((left, right) => right - left)
  return priorities.map((priority) => {
    const missing = (assignment: Assignment) =>
      problem.priority.reduce((sum, of, workload) => sum + (of === priority ? assignment.missing(workload) : 0), 0)
    return oneRow(`unplaced of priority ${priority}, of ${missing(before)} before`, '', missing(after))
  })
}

function gatedRows(problem: Problem, result: Assignment, before: number): readonly Row[] {
  const moves = movesBetween(result)
  const { waves, left } = planWaves(problem, moves)
  return [
    oneRow(`gate ${gate}: saved`, '%', (1 - costOf(result) / before) * 100),
    oneRow(`gate ${gate}: replicas that move`, '', replicasOf(moves)),
    oneRow(`gate ${gate}: waves`, '', waves.length),
    oneRow(`gate ${gate}: replicas that never find room for both copies`, '', replicasOf(left)),
  ]
}

function replicasOf(moves: readonly Move[]): number {
  return moves.reduce((sum, { from, replicas }) => sum + (from === undefined ? 0 : replicas), 0)
}

/** Complaints if solving the result again moves anything. */
function repeats(problem: Problem, { replicas }: Assignment): readonly string[] {
  const again = solve({ ...problem, current: replicas }).replicas
  return again.every((count, option) => count === replicas[option]) ? [] : ['solving the result again moves replicas']
}
