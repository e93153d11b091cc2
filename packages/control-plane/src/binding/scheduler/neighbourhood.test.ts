import { apiVersion } from '@flotilla/api/group'
import type { Decision, ResourceBinding } from '@flotilla/api/resource-binding'
import type { WorkloadAffinity } from '@flotilla/api/workload-affinity'
import { describe, expect, test } from 'vitest'
import { Neighbourhood } from './neighbourhood.ts'

const apart: WorkloadAffinity = { antiAffinity: { labelSelector: { matchLabels: { app: 'db' } } } }
const onEu: Decision = {
  forHash: 'x',
  clusters: [{ name: 'eu', id: 'id-eu', replicas: 1 }],
  explanation: { trigger: 'New', inputHash: 'x', feasible: 1, rejected: {}, clusters: [] },
}

function aBinding(name: string): ResourceBinding {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, uid: `uid-${name}` }
  const spec = { workloads: [{ ref, labels: { app: 'db' }, components: [] }] }
  return { apiVersion, kind: 'ResourceBinding', metadata: { namespace: 'shop', name }, spec } as ResourceBinding
}

describe('Neighbourhood', () => {
  /** Clusters on which others keep `b` away. */
  const inTheWay = (there: Neighbourhood) => {
    const { residents = new Map() } = there.of('shop/b', aBinding('b'))?.antiAffinity ?? {}
    return [...residents].flatMap(([id, there]) => [...there.values()].map((name) => `${name} on ${id}`))
  }

  test('knows what is about to be written, and forgets it when it is not', () => {
    const there = new Neighbourhood()
    there.follow('shop/b', aBinding('b'), apart)
    there.take('shop/a', aBinding('a'), undefined, onEu)
    expect(inTheWay(there)).toEqual(['Deployment a on id-eu'])
    there.takeBack('shop/a', aBinding('a'))
    expect(inTheWay(there)).toEqual([])
  })
})
