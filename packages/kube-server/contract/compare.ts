// Shows where kube-server differs from the recorded answers: `node packages/kube-server/contract/compare.ts WORDS`
// for the rows whose names hold the words; without words the names of all rows that differ.
import { allRows } from './all-rows.ts'
import { differenceOf } from './difference.ts'
import { readExpected } from './expected.ts'
import { runRows } from './run.ts'
import { startMemoryTarget } from './targets.ts'

const words = process.argv.slice(2)
const rows = allRows.filter((row) => words.every((word) => row.name.includes(word)))
const expected = readExpected()

await using target = await startMemoryTarget()
const results = await runRows(target, rows, { patienceMs: 5_000 })
const differences = results.flatMap((result) => {
  const difference = differenceOf(result, expected.get(result.name))
  return difference === undefined ? [] : [{ name: result.name, difference }]
})
for (const { name, difference } of differences) {
  console.log(words.length === 0 ? name : JSON.stringify(difference, null, 1))
}
console.log(`${results.length - differences.length} of ${results.length} rows agree`)
