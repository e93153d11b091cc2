// Runs the steps of a gate one after the other and adds up what their tests counted.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const root = dirname(import.meta.dirname)

export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

export interface Step {
  readonly name: string
  readonly command: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** A vitest project: its tests are counted one by one; any other step counts as one. */
  readonly isTests?: boolean
}

export const nothing: Counts = { passed: 0, failed: 0, skipped: 0 }

export function addCounts(a: Counts, b: Counts): Counts {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

/** The line with which every gate ends. */
export function closingLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** Runs every step, also after one that failed, and says how long each took. */
export async function runSteps(steps: readonly Step[]): Promise<Counts> {
  let total = nothing
  for (const step of steps) {
    const started = performance.now()
    const counts = await runStep(step)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${counts.failed === 0 ? 'ok' : 'FAILED'}: ${step.name} (${seconds} s)`)
    total = addCounts(total, counts)
  }
  return total
}

async function runStep(step: Step): Promise<Counts> {
  if (!step.isTests)
    return (await run(step.command, step.env)) === 0 ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 }
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-gate-'))
  const report = join(folder, 'report.json')
  const options = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const code = await run([...step.command, ...options], step.env)
  const counts = readCounts(report)
  rmSync(folder, { recursive: true })
  // A runner that fails without a failed test (a broken file, an unhandled rejection) must not pass.
  return code !== 0 && counts.failed === 0 ? addCounts(counts, { ...nothing, failed: 1 }) : counts
}

function readCounts(report: string): Counts {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, 'utf8'))
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests }
  } catch {
    return { ...nothing, failed: 1 }
  }
}

function run([command = '', ...args]: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
  })
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`Cannot run ${command}: ${error.message}`)
      resolve(1)
    })
    child.on('exit', (code) => resolve(code ?? 1))
  })
}
