import { describe, expect, test } from 'vitest'
import type { Binding } from '../../hub.ts'
import { compareTurns } from '@flotilla/scheduler/order'
import { turnOf } from '../../turn.ts'
import { Waiting } from './waiting.ts'

function aBinding(name: string, priority?: number, second = 0): Binding {
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name, creationTimestamp: `2026-01-01T00:00:0${second}Z` },
    spec: { workloads: [], ...(priority === undefined ? {} : { schedulePriority: { priority } }) },
  }
}

/** Waits with room for one on every cluster but `full`. */
function aWaiting() {
  const waiting = new Waiting((id) => (id === 'full' ? 0 : 1))
  const called: string[] = []
  waiting.calls.onChange(({ key }) => called.push(key))
  return { waiting, called }
}

describe('compareTurns()', () => {
  test('puts higher priority first, then the older, then the name', () => {
    const bindings = [aBinding('b', 0), aBinding('a', 0), aBinding('z', 0, 1), aBinding('x', 5, 3), aBinding('y', -1)]
    const names = bindings.map(turnOf).sort(compareTurns)
    expect(names.map(({ key }) => key)).toEqual(['shop/x', 'shop/a', 'shop/b', 'shop/z', 'shop/y'])
  })

  test('takes a binding without a priority for one of 0', () => {
    expect(compareTurns(turnOf(aBinding('a')), turnOf(aBinding('a', 0)))).toBe(0)
  })
})

describe('Waiting', () => {
  test('calls those ahead once room came free for them, the first first', () => {
    const { waiting, called } = aWaiting()
    waiting.settle(aBinding('low', 0), true)
    waiting.settle(aBinding('high', 5), true)
    waiting.settle(aBinding('behind', -1), true)
    expect(waiting.givesWay(aBinding('late', 0, 1))).toBe(false)
    waiting.free('eu')
    expect(waiting.givesWay(aBinding('late', 0, 1))).toBe(true)
    expect(called).toEqual(['shop/high', 'shop/low'])
  })

  test('gives way to nobody who could not use what came free', () => {
    const { waiting } = aWaiting()
    waiting.settle(aBinding('high', 5), true)
    waiting.free('full')
    expect(waiting.givesWay(aBinding('late', 0))).toBe(false)
  })

  test('gives way to those of higher priority that have not been asked at all', () => {
    const { waiting, called } = aWaiting()
    waiting.meet(aBinding('same', 0))
    expect(waiting.givesWay(aBinding('late', 0, 1))).toBe(false)
    waiting.meet(aBinding('high', 5))
    expect(waiting.givesWay(aBinding('late', 0, 1))).toBe(true)
    expect(called).toEqual([])
    waiting.ask('shop/high')
    expect(waiting.givesWay(aBinding('late', 0, 1))).toBe(false)
  })

  test('has who gave way stay ahead of those behind', () => {
    const { waiting, called } = aWaiting()
    waiting.meet(aBinding('high', 5))
    expect(waiting.givesWay(aBinding('middle', 3))).toBe(true)
    waiting.ask('shop/high')
    expect(waiting.givesWay(aBinding('low', 0))).toBe(true)
    expect(called).toEqual(['shop/middle'])
  })

  test('goes ahead in the end where somebody never asks', () => {
    const { waiting } = aWaiting()
    waiting.meet(aBinding('high', 5))
    const given = Array.from({ length: 100 }, () => waiting.givesWay(aBinding('low', 0)))
    expect(given.indexOf(false)).toBe(16)
    expect(given.lastIndexOf(true)).toBe(15)
    waiting.settle(aBinding('low', 0), false)
    expect(waiting.givesWay(aBinding('low', 0))).toBe(true)
  })
})
