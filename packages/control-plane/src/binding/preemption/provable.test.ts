import { describe, expect, test } from 'vitest'
import { needsOnlyRoom } from './provable.ts'

const required = { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname' }] }
const preferred = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 }] }
const spread = (whenUnsatisfiable: string) => [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable }]

interface Case {
  readonly name: string
  readonly pod?: object
  readonly spec?: object
  readonly want: boolean
}

describe('needsOnlyRoom()', () => {
  test.each<Case>([
    { name: 'is true of plain pods', want: true },
    { name: 'is true of preferences', pod: { affinity: { podAntiAffinity: preferred } }, want: true },
    { name: 'is true of a soft spread', pod: { topologySpreadConstraints: spread('ScheduleAnyway') }, want: true },
    {
      name: 'is true of volumes of the cluster',
      pod: { volumes: [{ name: 'v', configMap: { name: 'c' } }] },
      want: true,
    },
    { name: 'is false of required neighbours', pod: { affinity: { podAffinity: required } }, want: false },
    { name: 'is false of required distance', pod: { affinity: { podAntiAffinity: required } }, want: false },
    { name: 'is false of a hard spread', pod: { topologySpreadConstraints: spread('DoNotSchedule') }, want: false },
    {
      name: 'is false of claims',
      pod: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] },
      want: false,
    },
    { name: 'is false of claims of its own', spec: { volumeClaimTemplates: [{}] }, want: false },
    { name: 'is false of ports of nodes', pod: { containers: [{ ports: [{ hostPort: 80 }] }] }, want: false },
    { name: 'is false of the network of nodes', pod: { hostNetwork: true }, want: false },
    { name: 'is false of devices', pod: { resourceClaims: [{ name: 'gpu' }] }, want: false },
    { name: 'is false of another scheduler', pod: { schedulerName: 'volcano' }, want: false },
    { name: 'is false of gated pods', pod: { schedulingGates: [{ name: 'wait' }] }, want: false },
  ])('$name', ({ pod = {}, spec = {}, want }) => {
    const template = { spec: { containers: [], ...pod } }
    const metadata = { namespace: 'shop', name: 'web' }
    expect(needsOnlyRoom({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: { template, ...spec } })).toBe(
      want,
    )
  })

  test('is false of what has no pods', () => {
    expect(needsOnlyRoom({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } })).toBe(false)
  })
})
