// `npm run ok`: everything that needs no real cluster.
import { closingLine, runSteps } from './gate.ts'
import { okSteps } from './steps.ts'

const counts = await runSteps(okSteps)
console.log(closingLine(counts))
process.exitCode = counts.failed === 0 ? 0 : 1
