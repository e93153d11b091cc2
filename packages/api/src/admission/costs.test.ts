import { describe, expect, test } from 'vitest'
import { admissionRules } from '../admission.ts'

const everywhere = { targetCluster: {} }
const inEurope = {
  targetCluster: { fieldSelector: { matchExpressions: [{ key: 'region', operator: 'In', values: ['eu'] }] } },
}
const price = { ...everywhere, perCPUHour: 0.05, perGiBHour: 0.02 }
const place = { name: 'frankfurt', share: 1, roundTripMilliseconds: [{ ...everywhere, milliseconds: 9 }] }

/** What is refused, as `field: message`. */
function refusals(kind: string, spec: object): readonly string[] {
  const object = { apiVersion: 'flotilla.dev/v1alpha1', kind, metadata: { name: 'a' }, spec }
  return (admissionRules.get(kind)?.check(object) ?? []).map(({ field, message }) => `${field}: ${message}`)
}

describe('PriceSheet', () => {
  test.each([
    { name: 'default currency and times', spec: { entries: [price] } },
    { name: 'another currency', spec: { currency: 'EUR', entries: [price] } },
    { name: 'what costs nothing', spec: { entries: [{ ...price, perCPUHour: 0, perGiBHour: 0 }] } },
    {
      name: 'prices by kind of node, then for the rest',
      spec: { entries: [{ ...price, nodeSelector: { spot: 'yes' } }, { ...price, ...inEurope }, price] },
    },
    {
      name: 'extended resources and egress',
      spec: { entries: [{ ...price, perResourceHour: { 'nvidia.com/gpu': 2 }, perEgressGiB: 0.09 }] },
    },
    {
      name: 'a time in which it holds',
      spec: { validFrom: '2026-01-01T00:00:00Z', validUntil: '2026-02-01T00:00:00+01:00', entries: [price] },
    },
  ])('takes $name', ({ spec }) => {
    expect(refusals('PriceSheet', spec)).toEqual([])
  })

  test.each([
    { name: 'no entry', spec: { entries: [] }, want: /^spec\.entries: / },
    {
      name: 'no price',
      spec: { entries: [{ ...everywhere, perCPUHour: 1 }] },
      want: /^spec\.entries\[0\]\.perGiBHour: Required/,
    },
    {
      name: 'a negative price',
      spec: { entries: [{ ...price, perCPUHour: -1 }] },
      want: /^spec\.entries\[0\]\.perCPUHour: .*equal to 0/,
    },
    {
      name: 'an absurd price',
      spec: { entries: [{ ...price, perGiBHour: 1e12 }] },
      want: /^spec\.entries\[0\]\.perGiBHour: .*1000000/,
    },
    {
      name: 'NaN',
      spec: { entries: [{ ...price, perCPUHour: Number.NaN }] },
      want: /^spec\.entries\[0\]\.perCPUHour: .*NaN.*must be a number/,
    },
    {
      name: 'NaN for a resource',
      spec: { entries: [{ ...price, perResourceHour: { 'a.b/gpu': Number.NaN } }] },
      want: /^spec\.entries\[0\]\.perResourceHour\.a\.b\/gpu: .*must be a number/,
    },
    {
      name: 'CPU among resources',
      spec: { entries: [{ ...price, perResourceHour: { cpu: 1 } }] },
      want: /perResourceHour\[cpu\]: .*that is perCPUHour/,
    },
    {
      name: 'a resource that is not extended',
      spec: { entries: [{ ...price, perResourceHour: { 'ephemeral-storage': 1 } }] },
      want: /only extended resources, such as nvidia\.com\/gpu/,
    },
    { name: 'a currency that is none', spec: { currency: 'euro', entries: [price] }, want: /^spec\.currency: / },
    {
      name: 'an end before its begin',
      spec: { validFrom: '2026-02-01T00:00:00Z', validUntil: '2026-01-01T00:00:00Z', entries: [price] },
      want: /^spec\.validUntil: .*must be after validFrom, 2026-02-01T00:00:00Z/,
    },
    {
      name: 'two prices of the same',
      spec: {
        entries: [
          { ...price, ...inEurope },
          { ...price, ...inEurope, perCPUHour: 9 },
        ],
      },
      want: /^spec\.entries\[1\]: Duplicate value/,
    },
    {
      name: 'a price that never counts',
      spec: { entries: [price, { ...price, ...inEurope }] },
      want: /^spec\.entries\[1\]: .*never counts: spec\.entries\[0\] comes before it and is about every cluster; put that last/,
    },
    {
      name: 'a cluster that is no name',
      spec: { entries: [{ ...price, targetCluster: { clusterNames: ['A B'] } }] },
      want: /^spec\.entries\[0\]\.targetCluster\.clusterNames\[0\]: /,
    },
  ])('refuses $name', ({ spec, want }) => {
    expect(refusals('PriceSheet', spec)[0]).toMatch(want)
  })
})

describe('CarbonSheet', () => {
  test('takes entries with and without power', () => {
    const entries = [
      { ...inEurope, gramsPerKilowattHour: 50, wattsPerCPU: 3 },
      { ...everywhere, gramsPerKilowattHour: 400 },
    ]
    expect(refusals('CarbonSheet', { validUntil: '2026-01-01T00:00:00Z', entries })).toEqual([])
  })

  test.each([
    { name: 'negative emissions', entry: { gramsPerKilowattHour: -1 }, want: /gramsPerKilowattHour: / },
    { name: 'absurd emissions', entry: { gramsPerKilowattHour: 400_000 }, want: /gramsPerKilowattHour: .*5000/ },
    {
      name: 'NaN watts',
      entry: { gramsPerKilowattHour: 1, wattsPerCPU: Number.NaN },
      want: /wattsPerCPU: .*must be a number/,
    },
  ])('refuses $name', ({ entry, want }) => {
    expect(refusals('CarbonSheet', { entries: [{ ...everywhere, ...entry }] })[0]).toMatch(want)
  })
})

describe('TrafficProfile', () => {
  test('takes places of all workloads and of some', () => {
    const web = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' }
    expect(refusals('TrafficProfile', { locations: [place, { ...place, name: 'boston', share: 0 }] })).toEqual([])
    expect(refusals('TrafficProfile', { workloads: [web], locations: [place], egressGiBPerReplicaHour: 3 })).toEqual([])
  })

  test.each([
    { name: 'no place', spec: { locations: [] }, want: /^spec\.locations: / },
    { name: 'no users', spec: { locations: [{ ...place, share: 0 }] }, want: /^spec\.locations: .*has no users/ },
    {
      name: 'NaN users',
      spec: { locations: [{ ...place, share: Number.NaN }] },
      want: /^spec\.locations\[0\]\.share: .*must be a number/,
    },
    { name: 'a place twice', spec: { locations: [place, place] }, want: /^spec\.locations\[1\].*Duplicate/ },
    {
      name: 'a round trip twice',
      spec: {
        locations: [
          {
            ...place,
            roundTripMilliseconds: [
              { ...inEurope, milliseconds: 1 },
              { ...inEurope, milliseconds: 2 },
            ],
          },
        ],
      },
      want: /^spec\.locations\[0\]\.roundTripMilliseconds\[1\]: Duplicate/,
    },
    {
      name: 'a negative round trip',
      spec: { locations: [{ ...place, roundTripMilliseconds: [{ ...everywhere, milliseconds: -1 }] }] },
      want: /^spec\.locations\[0\]\.roundTripMilliseconds\[0\]\.milliseconds: /,
    },
    {
      name: 'a workload twice',
      spec: { workloads: [1, 2].map(() => ({ apiVersion: 'apps/v1', kind: 'Deployment' })), locations: [place] },
      want: /^spec\.workloads\[1\]: Duplicate/,
    },
  ])('refuses $name', ({ spec, want }) => {
    expect(refusals('TrafficProfile', spec)[0]).toMatch(want)
  })
})
