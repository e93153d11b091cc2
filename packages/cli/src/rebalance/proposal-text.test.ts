import type { Proposal } from '@flotilla/scheduler/rebalance/propose'
import { describe, expect, test } from 'vitest'
import { proposalText } from './proposal-text.ts'

const web = { key: 'shop/web', to: 'us' }
const nothing: Proposal = {
  currency: 'EUR',
  cost: { before: 12, after: 12 },
  replicas: 6,
  waves: [],
  left: [],
  gated: { replicas: 0, saving: 0 },
  staying: new Map(),
  next: new Map(),
}

const table: readonly { name: string; proposal: Partial<Proposal>; want: readonly string[] }[] = [
  {
    name: 'says that nothing is to move, and why',
    proposal: { gated: { replicas: 2, saving: 0.05 }, staying: new Map([['placed by tiers', 1]]) },
    want: [
      '6 replicas that may move cost 12.00 EUR an hour. Nothing is to move.',
      'Not worth it: 2 replicas would save 0.0500 EUR an hour, which is less than 1/2 of what a replica costs on average, for each',
      'Left alone: 1 workload placed by tiers',
    ],
  },
  {
    name: 'tells waves apart, and what makes room from what saves',
    proposal: {
      cost: { before: 12, after: 9 },
      waves: [
        [{ ...web, from: 'eu', replicas: 3, saving: 1.5 }],
        [
          { ...web, from: 'eu', replicas: 1, saving: -1.5 },
          { ...web, replicas: 2, saving: 0 },
        ],
      ],
      left: [{ ...web, from: 'eu', replicas: 1, saving: 1 }],
    },
    want: [
      '6 replicas that may move cost 12.00 EUR an hour, then 9.00 EUR, 25.0 % less.',
      'Wave 1: 3 replicas',
      '  <shop/web>: 3 from eu to us, saves 4.50 EUR an hour',
      'Wave 2: 3 replicas',
      '  <shop/web>: 1 from eu to us, costs 1.50 EUR more an hour, and makes room for others',
      '  <shop/web>: 2 to us, without a place so far',
      'Left, over the budget or without room for both copies: 1 replica',
    ],
  },
]

describe('proposalText()', () => {
  test.each(table)('$name', ({ proposal, want }) => {
    const text = proposalText({ ...nothing, ...proposal }, 2, (key) => `<${key}>`)
    expect(text.trimEnd().split('\n')).toEqual(want)
  })
})
