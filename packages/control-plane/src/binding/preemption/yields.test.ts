import { describe, expect, test } from 'vitest'
import type { Binding } from '../../hub.ts'
import { grantOf } from './consent.ts'
import { aBinding, aPreemption, refOf } from './fixtures.ts'
import { Yields } from './yields.ts'

const high = (preemption = aPreemption(), priority = 1000) =>
  aBinding('high', { priority, mayPreempt: true, missing: 3, preemption })
const gaveWay = '3 replicas gave way to Deployment shop/high (priority 1000)'
const isKept = 'its room is kept for Deployment shop/high (priority 1000)'
const ended = { ended: '2026-01-01T00:05:00Z' }

interface Case {
  readonly name: string
  readonly preemptor: Binding
  readonly asked?: Binding
  readonly want: object | undefined
}

describe('Yields.of()', () => {
  test.each<Case>([
    { name: 'caps a victim', preemptor: high(), want: { most: 2, message: gaveWay } },
    {
      name: 'keeps the room from others',
      preemptor: high(),
      asked: aBinding('other', { priority: 1000 }),
      want: { message: isKept },
    },
    {
      name: 'keeps nothing from what is more important',
      preemptor: high(),
      asked: aBinding('other', { priority: 1001 }),
      want: undefined,
    },
    { name: 'keeps nothing from whom it is kept for', preemptor: high(), asked: high(), want: undefined },
    {
      name: 'caps nothing of a victim that has become as important, and keeps the room from it',
      preemptor: high(),
      asked: aBinding('low', { priority: 1000 }),
      want: { message: isKept },
    },
    {
      name: 'tells of what is over',
      preemptor: high(aPreemption({ ...ended, outcome: 'Taken' })),
      want: { isOver: true, message: gaveWay },
    },
    {
      name: 'says nothing of what helped nobody',
      preemptor: high(aPreemption({ ...ended, outcome: 'NotTaken' })),
      want: undefined,
    },
    {
      name: 'caps nothing once it is no longer allowed',
      preemptor: aBinding('high', { priority: 1000, preemption: aPreemption() }),
      want: undefined,
    },
    {
      name: 'caps nothing of another template of the name',
      preemptor: high(aPreemption({ victims: [{ ref: { ...refOf('low'), uid: 'before' }, replicas: 3, left: 2 }] })),
      want: { message: isKept },
    },
  ])('$name', ({ preemptor, asked = aBinding('low'), want }) => {
    const yields = new Yields()
    yields.follow('shop/high', preemptor)
    expect(yields.of(`shop/${asked.metadata.name}`, asked)?.get('id-eu')).toEqual(want)
  })

  test('gives everything back when the preemptor goes', () => {
    const yields = new Yields()
    yields.follow('shop/high', high())
    expect(yields.follow('shop/high', undefined)).toEqual(['apps/Deployment/shop/low'])
    expect(yields.of('shop/low', aBinding('low'))).toBeUndefined()
  })
})

describe('Yields.follow()', () => {
  test('names whoever gives way otherwise, and nobody where nothing has changed', () => {
    const yields = new Yields()
    expect(yields.follow('shop/high', high())).toEqual(['apps/Deployment/shop/low'])
    expect(yields.follow('shop/high', high())).toEqual([])
    expect(yields.follow('shop/high', high(aPreemption({ ...ended, outcome: 'Taken' })))).toEqual([
      'apps/Deployment/shop/low',
    ])
  })
})

test('grantOf() gives the room only once it was seen, and until it has ended', () => {
  const freed = { freed: '2026-01-01T00:01:00Z' }
  const grants = [{}, freed, { ...freed, ...ended }].map((each) => grantOf(high(aPreemption(each))))
  expect(grants).toEqual([undefined, { clusterId: 'id-eu', replicas: 3 }, undefined])
  expect(grantOf(aBinding('high', { preemption: aPreemption(freed) }))).toBeUndefined()
})
