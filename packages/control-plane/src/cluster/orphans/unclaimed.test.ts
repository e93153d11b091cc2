import { describe, expect, test } from 'vitest'
import { settlingMs, Unclaimed } from './unclaimed.ts'

const start = Date.UTC(2026, 0, 2)
const id = (name: string) => `apps/Deployment/shop/${name}`
const all = () => true

describe('Unclaimed.report()', () => {
  test('tells of an object once it has been unclaimed for the settling time, with its age from the start', () => {
    const unclaimed = new Unclaimed(undefined)
    expect([unclaimed.add(id('web'), start), unclaimed.add(id('web'), start + 5_000)]).toEqual([true, false])
    expect(unclaimed.report(start + 10_000, all)).toEqual({ orphans: undefined, nextInMs: settlingMs - 10_000 })
    const oldest = [
      { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web', since: '2026-01-02T00:00:00Z' },
    ]
    expect(unclaimed.report(start + settlingMs, all)).toEqual({ orphans: { count: 1, oldest }, nextInMs: undefined })
  })

  test('counts from the start again when it was claimed meanwhile', () => {
    const unclaimed = new Unclaimed(undefined)
    unclaimed.add(id('web'), start)
    expect([unclaimed.delete(id('web')), unclaimed.delete(id('web'))]).toEqual([true, false])
    unclaimed.add(id('web'), start + settlingMs)
    expect(unclaimed.report(start + settlingMs, all)).toEqual({ orphans: undefined, nextInMs: settlingMs })
  })

  test('keeps the age of what was reported before', () => {
    const orphan = { group: '', kind: 'Namespace', name: 'shop', since: '2026-01-01T00:00:00Z' }
    const unclaimed = new Unclaimed({ count: 1, oldest: [orphan] })
    unclaimed.add('/Namespace//shop', start)
    expect(unclaimed.report(start, all).orphans).toEqual({ count: 1, oldest: [orphan] })
  })

  test('lists the ten oldest and counts the rest', () => {
    const unclaimed = new Unclaimed(undefined)
    for (let i = 0; i < 25; i++) unclaimed.add(id(`web-${i}`), start - i * 1_000)
    const { count, oldest = [] } = unclaimed.report(start + settlingMs, all).orphans ?? {}
    expect([count, oldest.length, oldest[0]?.name, oldest[9]?.name]).toEqual([25, 10, 'web-24', 'web-15'])
  })

  test('says nothing of kinds that have not been read whole', () => {
    const unclaimed = new Unclaimed(undefined)
    unclaimed.add(id('web'), start)
    expect(unclaimed.report(start + settlingMs, () => false)).toEqual({ orphans: undefined, nextInMs: undefined })
  })
})
