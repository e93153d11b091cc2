// `npm run bench -- NAME [--OPTION NUMBER …] [--json]`: runs one benchmark and prints its table.
import { parseArgs } from 'node:util'
import { changes } from './benches/changes.ts'
import { decision } from './benches/decision.ts'
import { drift } from './benches/drift.ts'
import { failover } from './benches/failover.ts'
import { fanIn } from './benches/fan-in.ts'
import { fleet } from './benches/fleet.ts'
import { fragmentation } from './benches/fragmentation.ts'
import { idle } from './benches/idle.ts'
import { propagation } from './benches/propagation.ts'
import { rebalance } from './benches/rebalance.ts'
import { scale } from './benches/scale.ts'
import { scheduler } from './benches/scheduler.ts'
import { start } from './benches/start.ts'
import { throughput } from './benches/throughput.ts'
import type { Benchmark } from './benchmark.ts'
import { formatReport, thisMachine } from './report.ts'

const benchmarks: readonly Benchmark[] = [
  start,
  propagation,
  throughput,
  drift,
  idle,
  fleet,
  scheduler,
  changes,
  decision,
  rebalance,
  fragmentation,
  scale,
  fanIn,
  failover,
]

const { positionals, values } = readArguments()

function readArguments(): {
  readonly positionals: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
} {
  const numbers = benchmarks.flatMap(({ options }) => Object.keys(options))
  return parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      ...Object.fromEntries(numbers.map((name) => [name, { type: 'string' as const }])),
    },
  })
}
const wanted = benchmarks.find(({ name }) => name === positionals[0])

if (wanted === undefined) {
  process.stdout.write(usage())
  process.exitCode = positionals.length === 0 ? 0 : 2
} else {
  await runOne(wanted)
}

async function runOne(benchmark: Benchmark): Promise<void> {
  const machine = thisMachine()
  await using resources = new AsyncDisposableStack()
  const report = await benchmark.run({
    option: (name) => numberOf(benchmark, name),
    progress: (text) => void process.stderr.write(`${text}\n`),
    resources,
  })
  const { name } = benchmark
  process.stdout.write(
    values['json'] === true ? `${JSON.stringify({ name, machine, ...report })}\n` : formatReport(name, report, machine),
  )
}

function numberOf({ options }: Benchmark, name: string): number {
  const value = Number(values[name] ?? options[name])
  if (!Number.isFinite(value)) throw new Error(`--${name} takes a number, not ${String(values[name])}`)
  return value
}

function usage(): string {
  const lines = benchmarks.map(({ name, about, options }) => {
    const flags = Object.entries(options).map(([option, value]) => `--${option} ${value}`)
    return `  ${name.padEnd(12)} ${about}\n  ${''.padEnd(12)} ${flags.join(' ')}\n`
  })
  return `usage: npm run bench -- NAME [--OPTION NUMBER …] [--json]\n\n${lines.join('')}`
}
