import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allRows } from './all-rows.ts'
import { readExpected } from './expected.ts'
import { startRealTarget } from './real-target.ts'
import { runRows } from './run.ts'
import type { RowResult } from './run.ts'

describe('the real kube-apiserver', () => {
  const expected = readExpected()
  let target: Awaited<ReturnType<typeof startRealTarget>>
  let results: ReadonlyMap<string, RowResult>
  beforeAll(async () => {
    target = await startRealTarget()
    results = new Map((await runRows(target, allRows)).map((result) => [result.name, result]))
  })
  afterAll(() => target?.[Symbol.asyncDispose]())

  for (const row of allRows) {
    it(`the real kube-apiserver still answers as recorded: ${row.name}`, () => {
      expect(results.get(row.name)).toEqual({ name: row.name, answers: expected.get(row.name)?.answers })
    })
  }
})
