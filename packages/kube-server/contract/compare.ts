// Shows where kube-server differs from the recorded answers: `node packages/kube-server/contract/compare.ts WORDS`
// for the rows whose names hold the words; `--gaps` writes the list of all rows that differ.
import { parseArgs } from 'node:util'
import { allRows } from './all-rows.ts'
import { readExpected } from './expected.ts'
import { differenceOf, readGaps, writeGaps } from './gaps.ts'
import { runRows } from './run.ts'
import { startMemoryTarget } from './targets.ts'

const { positionals: words, values } = parseArgs({ allowPositionals: true, options: { gaps: { type: 'boolean' } } })
const rows = allRows.filter((row) => words.every((word) => row.name.includes(word)))
const expected = readExpected()

await using target = await startMemoryTarget()
const results = await runRows(target, rows, { patienceMs: 3_000 })
const differing = results.filter((result) => differenceOf(result, expected.get(result.name)) !== undefined)
if (values.gaps && words.length === 0) {
  writeGaps(
    differing.map((result) => result.name),
    readGaps(),
  )
}
if (words.length > 0) {
  for (const result of differing) console.log(JSON.stringify(differenceOf(result, expected.get(result.name)), null, 1))
}
console.log(`${results.length - differing.length} of ${results.length} rows agree`)
