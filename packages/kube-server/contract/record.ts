// Records what the real kube-apiserver answers to every row: `node packages/kube-server/contract/record.ts`.
// With words as arguments it only prints the answers of the rows whose name holds them.
import { allRows } from './all-rows.ts'
import { writeExpected } from './expected.ts'
import { startRealTarget } from './real-target.ts'
import { runRows } from './run.ts'

const words = process.argv.slice(2)
const rows = allRows.filter((row) => words.every((word) => row.name.includes(word)))

await using target = await startRealTarget()
const results = await runRows(target, rows)
for (const { name, failure } of results) if (failure !== undefined) throw new Error(`Cannot record ${name}: ${failure}`)
if (words.length === 0) writeExpected(rows, results)
else
  console.log(
    results
      .map((result) => [result.name, ...result.answers.map((answer) => JSON.stringify(answer))].join('\n'))
      .join('\n\n'),
  )
