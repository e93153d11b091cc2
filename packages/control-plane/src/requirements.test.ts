import type { Workload } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import { goesWhole, replicasOf, requirementsOf } from './requirements.ts'

const needs = (cpu: string) => ({ replicaRequirements: { resourceRequest: { cpu } } })
const gang = [
  { name: 'workers', replicas: 3, ...needs('2') },
  { name: 'none', replicas: 0, ...needs('9') },
  { name: 'head', replicas: 1, ...needs('500m') },
]
const divided = [{ name: '', replicas: 3, ...needs('2') }]

function aWorkload(name: string, components: Workload['components']): Workload {
  return { ref: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, uid: name }, components }
}

const together = { schedulingUnit: 'Together' as const }
const cases = [
  {
    name: 'a gang is one replica of all its pods',
    given: { workloads: [aWorkload('a', gang)] },
    replicas: 1,
    cpu: '6500m',
  },
  {
    name: 'replicas that are divided need what each needs',
    given: { workloads: [aWorkload('a', divided)] },
    replicas: 3,
    cpu: '2',
  },
  {
    name: 'one component with a name goes whole too',
    given: { workloads: [aWorkload('a', gang.slice(0, 1))] },
    replicas: 1,
    cpu: '6',
  },
  {
    name: 'a gang of no pods needs nothing',
    given: { workloads: [aWorkload('a', gang.slice(1, 2))] },
    replicas: 1,
    cpu: undefined,
  },
  {
    name: 'an object without components has no replicas',
    given: { workloads: [aWorkload('a', [])] },
    replicas: undefined,
    cpu: undefined,
  },
  {
    name: 'a group is one replica of all pods of all its workloads',
    given: { ...together, workloads: [aWorkload('a', divided), aWorkload('b', []), aWorkload('c', gang)] },
    replicas: 1,
    cpu: '12500m',
  },
  {
    name: 'a group of one goes whole too',
    given: { ...together, workloads: [aWorkload('a', divided)] },
    replicas: 1,
    cpu: '6',
  },
  {
    name: 'a group of objects without components has no replicas',
    given: { ...together, workloads: [aWorkload('a', []), aWorkload('b', [])] },
    replicas: undefined,
    cpu: undefined,
  },
]

describe('replicasOf() and requirementsOf()', () => {
  test.each(cases)('$name', ({ given, replicas, cpu }) => {
    expect(replicasOf(given)).toBe(replicas)
    expect(requirementsOf(given)?.resourceRequest?.['cpu']).toBe(cpu)
    expect(requirementsOf(given)).toBe(requirementsOf(given))
    if (goesWhole(given)) expect(requirementsOf(given)?.parts?.every(({ pods }) => pods > 0)).toBe(true)
  })
})
