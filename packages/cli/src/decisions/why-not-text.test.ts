import type { WhyNot, WhyNotAnswer } from '@flotilla/api/why-not'
import { expect, it } from 'vitest'
import { whyNotText } from './why-not-text.ts'

const workload = { kind: 'Deployment', namespace: 'shop', name: 'web' }
const answer = (overrides: Partial<WhyNot>): WhyNotAnswer => ({
  workload,
  cluster: 'eu',
  verdict: 'Placed',
  reasons: [],
  relax: [],
  moves: [],
  ...overrides,
})

it.each([
  {
    name: 'a workload that is there',
    given: answer({ replicas: 6, total: 12, estimate: 0 }),
    want: 'Deployment shop/web is on eu already: 6 of 12 replicas; 0 more would fit\n',
  },
  {
    name: 'an object without replicas that is there',
    given: answer({}),
    want: 'Deployment shop/web is on eu already\n',
  },
  {
    name: 'moves alone',
    given: answer({ verdict: 'Possible', moves: [{ cluster: 'us', from: 2, to: 1 }] }),
    want: 'Deployment shop/web is not on eu: no rule forbids it, and one replica there would cost only moves\nThen:\n  us: 2 -> 1\n',
  },
  {
    name: 'rules, what lifts them and moves',
    given: answer({
      verdict: 'Barred',
      reasons: [{ rule: 'Room', message: 'full' }],
      relax: [{ rule: 'Room', change: 'room' }],
      moves: [{ cluster: 'eu', from: 0, to: 1 }],
    }),
    want: 'Deployment shop/web is not on eu: rules forbid it\nWhy:\n  Room: full\nSmallest change, all of:\n  Room: room\nThen:\n  eu: 0 -> 1\n',
  },
])('whyNotText() tells of $name', ({ given, want }) => {
  expect(whyNotText(workload, [given])).toBe(want)
})

it('whyNotText() names the workloads of a follower, each once, and answers for each cluster', () => {
  const follower = { kind: 'ConfigMap', namespace: 'shop', name: 'settings' }
  expect(whyNotText(follower, [answer({}), answer({ cluster: 'us' })])).toBe(
    'ConfigMap shop/settings goes where its workloads go: Deployment shop/web\n\nDeployment shop/web is on eu already\n\nDeployment shop/web is on us already\n',
  )
})
