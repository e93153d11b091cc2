import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readComponents, readHealth, readReplicas } from './answers.ts'

/** What `read` makes of an answer; undefined: it is none. */
function readBy<T>(read: (answer: unknown) => T, answer: unknown): T | undefined {
  try {
    return read(answer)
  } catch {
    return undefined
  }
}

const replicas = fc.oneof(fc.integer(), fc.double(), fc.string(), fc.constant(null))
const component = fc.record({ name: fc.constantFrom('a', 'b', '', 1), replicas }, { requiredKeys: [] })

describe('answers of rules', () => {
  test('are replicas only where they are a whole number from 0, as large as the API can hold', () => {
    const check = (answer: unknown) => {
      const read = readBy(readReplicas, answer)
      const isCount = Number.isInteger(answer) && Number(answer) >= 0
      expect(read).toBe(isCount ? Math.min(Number(answer), 2 ** 31 - 1) : undefined)
    }
    fc.assert(fc.property(fc.oneof(replicas, fc.jsonValue()), check), { numRuns: 1_000 })
  })

  test('are components only where each has a name of its own and a number', () => {
    const check = (answer: unknown) => {
      const read = readBy(readComponents, answer)
      if (read === undefined) return
      expect(new Set(read.map(({ name }) => name)).size).toBe(read.length)
      for (const each of read) {
        expect(each.name).not.toBe('')
        expect(Number.isInteger(each.replicas) && each.replicas >= 0).toBe(true)
      }
    }
    fc.assert(fc.property(fc.oneof(fc.array(component), fc.jsonValue()), check), { numRuns: 1_000 })
    expect(readComponents([{ name: 'a', replicas: 2 }])).toHaveLength(1)
  })

  test('are health only where they name a state', () => {
    const states = ['Healthy', 'Progressing', 'Degraded', 'Suspended', 'Unknown']
    const check = (answer: unknown) => {
      expect(states).toContain(readBy(readHealth, answer)?.state ?? 'Unknown')
    }
    fc.assert(fc.property(fc.jsonValue(), check), { numRuns: 1_000 })
    expect(readBy(readHealth, 'healthy')).toBeUndefined()
  })
})
