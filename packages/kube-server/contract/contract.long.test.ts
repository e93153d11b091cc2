import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allRows } from './all-rows.ts'
import { differenceOf } from './difference.ts'
import { hashOf, readExpected } from './expected.ts'
import { runRows } from './run.ts'
import type { RowResult } from './run.ts'
import { startMemoryTarget, startSimulatedTarget, startSqliteTarget } from './targets.ts'
import type { StartedTarget } from './targets.ts'

const expected = readExpected()

describe('the contract', () => {
  it('the contract has at least 700 rows, each with a name of its own and recorded as it is now', () => {
    expect(new Set(allRows.map((row) => row.name)).size).toBe(allRows.length)
    expect(allRows.length).toBeGreaterThan(700)
    expect(allRows.filter((row) => expected.get(row.name)?.hash !== hashOf(row)).map((row) => row.name)).toEqual([])
  })
})

const targets = [
  { where: 'the memory store', start: startMemoryTarget },
  { where: 'the SQLite store', start: startSqliteTarget },
  { where: 'a simulated member', start: startSimulatedTarget },
]

describe.each(targets)('kube-server on $where', ({ start }) => {
  let target: StartedTarget
  let results: ReadonlyMap<string, RowResult>
  beforeAll(async () => {
    target = await start()
    const list = await runRows(target, allRows, { patienceMs: 10_000 })
    results = new Map(list.map((result) => [result.name, result]))
  }, 120_000)
  afterAll(() => target?.[Symbol.asyncDispose]())

  it.each(allRows.map((row) => row.name))('kube-server answers as kube-apiserver does: %s', (name) => {
    expect(differenceOf(results.get(name) ?? { name, answers: [] }, expected.get(name))).toBeUndefined()
  })
})
