// `npm run gen` writes what is generated; `--check` only says what is out of date. Data of built-in kinds needs a real
// kube-apiserver, so it is made by `node tools/generate-builtin-kinds.ts` and only checked here, by its inputs.
import { checkGenerated } from './builtin-kinds/check.ts'
import { checkInterpreters, writeInterpreters } from './generate-interpreters.ts'
import { checkReference, writeReference } from './generate-reference.ts'

const isCheck = process.argv.includes('--check')
if (!isCheck) await Promise.all([writeReference(), writeInterpreters()])

const stale = [...checkGenerated(), ...(await checkReference()), ...(await checkInterpreters())]
for (const line of stale) console.error(line)
if (stale.length > 0) console.error('Run npm run gen, and node tools/generate-builtin-kinds.ts where it is named above')
process.exitCode = stale.length === 0 ? 0 : 1
