// `npm run soak`: the same suites with full counts. Hours long; run before a release.
import { closingLine, runSteps } from './gate.ts'
import { longSteps, okSteps, realSteps, soakSteps } from './steps.ts'

const counts = await runSteps(
  [...okSteps, ...longSteps, ...soakSteps, ...realSteps].map((step) => ({ ...step, env: { FLOTILLA_SOAK: '1' } })),
)
console.log(closingLine(counts))
process.exitCode = counts.failed === 0 ? 0 : 1
