import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { allRows } from './all-rows.ts'
import { hashOf, readExpected } from './expected.ts'
import { differenceOf, readGaps } from './gaps.ts'
import { runRows } from './run.ts'
import type { RowResult } from './run.ts'
import { startMemoryTarget, startSimulatedTarget, startSqliteTarget } from './targets.ts'
import type { StartedTarget } from './targets.ts'

const expected = readExpected()
const gaps = readGaps()

describe('the contract', () => {
  it('the contract has at least 700 rows, each with a name of its own and recorded as it is now', () => {
    expect(new Set(allRows.map((row) => row.name)).size).toBe(allRows.length)
    expect(allRows.length).toBeGreaterThan(700)
    expect(allRows.filter((row) => expected.get(row.name)?.hash !== hashOf(row)).map((row) => row.name)).toEqual([])
  })

  it(`the contract has ${gaps.size} known gaps, each a row of its own with a reason`, () => {
    expect([...gaps.keys()].filter((name) => !expected.has(name))).toEqual([])
    expect([...gaps].filter(([, reason]) => reason.length < 20)).toEqual([])
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
    const difference = differenceOf(results.get(name) ?? { name, answers: [] }, expected.get(name))
    const verdict = difference === undefined ? 'agrees' : gaps.has(name) ? 'known gap' : difference
    expect(verdict, 'a row that agrees comes off gaps.json').toEqual(gaps.has(name) ? 'known gap' : 'agrees')
  })
})
