// A run repeats bit by bit: what fails once can be looked at as often as it takes.
import { describe, expect, test } from 'vitest'
import { randomScenario } from './random-scenario.ts'
import { simulate } from './simulate.ts'

describe('simulate()', () => {
  test('gives the same events for the same seed, and others for another', async () => {
    const scenario = { ...randomScenario(5), quietMs: 10_000 }
    const runs = [await simulate(5, scenario), await simulate(5, scenario), await simulate(6, scenario)]
    const [first, second, other] = runs.map(({ hash, events }) => ({ hash, events }))
    expect(second).toEqual(first)
    expect(other?.hash).not.toBe(first?.hash)
    expect(runs.map(({ violation }) => violation)).toEqual([undefined, undefined, undefined])
  })
})
