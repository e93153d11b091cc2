import { describe, expect, test } from 'vitest'
import type { Binding } from '../../hub.ts'
import { Asked } from './asked.ts'

function aBinding(forHash: string, isAsked = false): Binding {
  const explanation = { trigger: 'Test', inputHash: 'a.b', feasible: 1, rejected: {}, clusters: [] }
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name: 'web' },
    spec: {
      workloads: [],
      decision: { forHash, clusters: [], explanation },
      ...(isAsked ? { rebalance: { forHash, clusters: [] } } : {}),
    },
  }
}

describe('Asked', () => {
  test.each<{
    name: string
    seen: boolean
    now?: number
    found: Binding | undefined
    isOpen: boolean
    refused: boolean
  }>([
    { name: 'waits until it is seen', seen: false, found: aBinding('h'), isOpen: true, refused: false },
    { name: 'waits for the answer', seen: true, found: aBinding('h', true), isOpen: true, refused: false },
    { name: 'knows a refusal', seen: true, found: aBinding('h'), isOpen: false, refused: true },
    { name: 'knows a decision', seen: true, found: aBinding('i'), isOpen: false, refused: false },
    {
      name: 'knows a decision that it did not see coming',
      seen: false,
      found: aBinding('i'),
      isOpen: false,
      refused: false,
    },
    { name: 'waits for nobody who has gone', seen: false, found: undefined, isOpen: false, refused: false },
    { name: 'does not wait for ever', seen: false, now: 61_000, found: aBinding('h'), isOpen: false, refused: true },
  ])('$name', ({ seen, now = 1_000, found, isOpen, refused }) => {
    const asked = new Asked()
    asked.add(aBinding('h'), 0)
    if (seen) asked.see('shop/web')
    expect(asked.takeRefused(() => found, now)).toEqual(refused ? ['shop/web'] : [])
    expect(asked.has('shop/web')).toBe(isOpen)
  })
})
