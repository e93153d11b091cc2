// `npm test`: the gate, and the real-cluster suite where Go (or KUBEBUILDER_ASSETS) is there. With CI=true or
// FLOTILLA_REQUIRE_REAL=1 a skipped real-cluster suite is a failure.
import { spawnSync } from 'node:child_process'
import { addCounts, closingLine, nothing, runSteps } from './gate.ts'
import type { Counts } from './gate.ts'
import { longSteps, okSteps, realSteps } from './steps.ts'

const counts = addCounts(await runSteps([...okSteps, ...longSteps]), await realSuite())
console.log(closingLine(counts))
process.exitCode = counts.failed === 0 ? 0 : 1

async function realSuite(): Promise<Counts> {
  if (hasRealKubernetes()) return runSteps(realSteps)
  const isRequired = process.env['CI'] === 'true' || process.env['FLOTILLA_REQUIRE_REAL'] === '1'
  const outcome = isRequired ? 'FAILED' : 'SKIPPED'
  console.log(
    `${outcome}: real-cluster suite: neither Go (1.26 or newer) nor KUBEBUILDER_ASSETS was found. Install Go to run it.`,
  )
  return isRequired ? { ...nothing, failed: 1 } : { ...nothing, skipped: 1 }
}

function hasRealKubernetes(): boolean {
  return process.env['KUBEBUILDER_ASSETS'] !== undefined || spawnSync('go', ['version']).status === 0
}
