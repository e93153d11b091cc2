import { describe, expect, test } from 'vitest'
import { Due } from './due.ts'

const second = 1_000

describe('Due', () => {
  test('is soon after the start', () => {
    expect(new Due(0).at).toBe(15 * second)
  })

  test('waits until changes end, and no longer than a minute', () => {
    const due = new Due(0)
    due.look(20 * second)
    for (let now = 100; now <= 150; now += 10) due.change(now * second)
    expect(due.at).toBe(160 * second)
    due.look(160 * second)
    due.change(170 * second)
    expect(due.at).toBe(185 * second)
  })

  test('looks for room no more than every five minutes', () => {
    const due = new Due(0)
    due.look(20 * second)
    due.room(30 * second)
    expect(due.at).toBe(320 * second)
    due.change(40 * second)
    expect(due.at).toBe(55 * second)
    due.look(55 * second)
    due.room(2_000 * second)
    expect(due.at).toBe(2_015 * second)
  })

  test('is never again where nothing changes', () => {
    const due = new Due(0)
    due.look(20 * second)
    expect(due.at).toBe(Number.POSITIVE_INFINITY)
    due.by(30 * second)
    due.by(40 * second)
    expect(due.at).toBe(30 * second)
  })
})
