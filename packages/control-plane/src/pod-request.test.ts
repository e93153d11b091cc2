import { describe, expect, test } from 'vitest'
import { podRequest } from './pod-request.ts'

describe('podRequest()', () => {
  const asks = (cpu: string, rest: object = {}) => ({ resources: { requests: { cpu } }, ...rest })
  const cases = [
    { name: 'adds containers up', given: { containers: [asks('1'), asks('500m')] }, want: { cpu: '1500m' } },
    {
      name: 'takes a larger init container instead',
      given: { containers: [asks('1')], initContainers: [asks('3'), asks('2')] },
      want: { cpu: '3' },
    },
    {
      name: 'adds sidecars to containers and to the init containers behind them',
      given: { containers: [asks('1')], initContainers: [asks('1', { restartPolicy: 'Always' }), asks('2')] },
      want: { cpu: '3' },
    },
    {
      name: 'takes a limit for a missing request',
      given: { containers: [{ resources: { limits: { cpu: '2' } } }] },
      want: { cpu: '2' },
    },
    {
      name: 'adds the overhead',
      given: { containers: [asks('1')], overhead: { cpu: '250m' } },
      want: { cpu: '1250m' },
    },
  ]
  test.each(cases)('$name', ({ given, want }) => {
    expect(podRequest(given)).toEqual(want)
  })
})
