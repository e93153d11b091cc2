// `npm run simulate`: runs seeds for so long, or one of them with all that it did.
import { parseArgs } from 'node:util'
import { randomScenario } from './random-scenario.ts'
import { describeStep } from './scenario.ts'
import { foundRuns, type FoundRun } from './found-runs.ts'
import { shrink } from './shrink.ts'
import { simulate, type Run } from './simulate.ts'

const usage = `Usage: npm run simulate -- [--seed N] [--shrink] [--first N] [--count N | --seconds N | --fresh --seconds N]

  --seed N      runs one seed and prints its steps; exit code 1 when an invariant is violated
  --shrink      with --seed: leaves out the steps that the violation does not need
  --first N     begins with this seed (default 1)
  --count N     runs so many seeds, and those that were found failing before
  --seconds N   runs seeds for so long
  --fresh       begins with a seed that nobody chose
`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    shrink: { type: 'boolean', default: false },
    first: { type: 'string' },
    count: { type: 'string' },
    seconds: { type: 'string' },
    fresh: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) console.log(usage)
else if (values.seed !== undefined) await runOne(Number(values.seed))
else await runMany()

async function runOne(seed: number): Promise<void> {
  const scenario = randomScenario(seed)
  const run = await simulate(seed, scenario)
  const shown = values.shrink && run.violation !== undefined ? await shrink(run) : run
  console.log(shown.scenario.steps.map(describeStep).join('\n'))
  report(shown)
  if (shown.violation !== undefined) console.log(`To keep it, for found-runs.ts:\n${JSON.stringify(shown.scenario)}`)
  console.log(`seed ${seed}: ${shown.events} events, hash ${shown.hash}`)
}

function report({ seed, violation, tail }: Run): void {
  if (violation === undefined) return
  process.exitCode = 1
  console.log(
    `\nseed ${seed} violates ${violation.invariant} at ${(violation.at / 1000).toFixed(1)} s: ${violation.message}`,
  )
  console.log(tail.join('\n'))
  console.log(`Replay: npm run simulate -- --seed ${seed} --shrink`)
}

async function runMany(): Promise<void> {
  const started = performance.now()
  const seconds = Number(values.seconds ?? Number.POSITIVE_INFINITY)
  const count = Number(values.count ?? (values.seconds === undefined ? 20 : Number.POSITIVE_INFINITY))
  const first = values.fresh ? Math.floor(Math.random() * 2 ** 31) : Number(values.first ?? 1)
  const elapsed = () => (performance.now() - started) / 1000
  let [seeds, events] = [0, 0]
  const failed: number[] = []
  const found = values.fresh || values.first !== undefined ? [] : foundRuns
  function* order(): Generator<FoundRun> {
    yield* found
    for (let seed = first; ; seed++) yield { seed, scenario: randomScenario(seed) }
  }
  for (const { seed, scenario } of order()) {
    if (seeds >= count + found.length || elapsed() >= seconds) break
    const run = await simulate(seed, scenario)
    seeds++
    events += run.events
    if (run.violation === undefined) continue
    failed.push(seed)
    report(run)
  }
  const [perSecond, eventsPerSecond] = [seeds / elapsed(), events / elapsed()]
  console.log(
    `simulation: ${seeds} seeds from ${first}, ${failed.length} failed${failed.length > 0 ? ` (${failed.join(', ')})` : ''}; ` +
      `${perSecond.toFixed(2)} seeds/s, ${Math.round(eventsPerSecond)} events/s`,
  )
}
