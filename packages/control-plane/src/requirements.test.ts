import { describe, expect, test } from 'vitest'
import { isGang, replicasOf, requirementsOf } from './requirements.ts'

const needs = (cpu: string) => ({ replicaRequirements: { resourceRequest: { cpu } } })
const gang = [
  { name: 'workers', replicas: 3, ...needs('2') },
  { name: 'none', replicas: 0, ...needs('9') },
  { name: 'head', replicas: 1, ...needs('500m') },
]
const divided = [{ name: '', replicas: 3, ...needs('2') }]

const cases = [
  { name: 'a gang is one replica of all its pods', given: gang, replicas: 1, cpu: '6500m' },
  { name: 'replicas that are divided need what each needs', given: divided, replicas: 3, cpu: '2' },
  { name: 'one component with a name goes whole too', given: gang.slice(0, 1), replicas: 1, cpu: '6' },
  { name: 'a gang of no pods needs nothing', given: gang.slice(1, 2), replicas: 1, cpu: undefined },
  { name: 'an object without components has no replicas', given: [], replicas: undefined, cpu: undefined },
]

describe('replicasOf() and requirementsOf()', () => {
  test.each(cases)('$name', ({ given, replicas, cpu }) => {
    expect(replicasOf(given)).toBe(replicas)
    expect(requirementsOf(given)?.resourceRequest?.['cpu']).toBe(cpu)
    expect(requirementsOf(given)).toBe(requirementsOf(given))
    if (isGang(given)) expect(requirementsOf(given)?.parts?.every(({ pods }) => pods > 0)).toBe(true)
  })
})
