import { expect, test } from 'vitest'
import { admissionRules } from '../admission.ts'
import type { Placement } from '../placement.ts'

const byPrice: Placement = { replicaScheduling: { replicaSchedulingType: 'Divided' }, objective: { price: 1 } }

/** What is refused, as `field: message`. */
function refusals(reschedule: object, placement = byPrice): readonly string[] {
  const spec = { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }], placement, reschedule }
  const metadata = { namespace: 'shop', name: 'web' }
  const policy = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'PropagationPolicy', metadata, spec }
  return (admissionRules.get('PropagationPolicy')?.check(policy) ?? []).map(
    ({ field, message }) => `${field}: ${message}`,
  )
}

test.each<{ readonly name: string; readonly reschedule: object; readonly placement?: Placement }>([
  { name: 'OnChange', reschedule: { mode: 'OnChange' } },
  { name: 'limits', reschedule: { mode: 'OnChange', maxMoves: 3, maxMovesPercent: 20, minGainPercent: 10 } },
  { name: 'Never', reschedule: { mode: 'Never' }, placement: {} },
  { name: 'Scheduled', reschedule: { mode: 'Scheduled', schedule: '0 3 * * *', timeZone: 'Asia/Tokyo', maxMoves: 9 } },
  { name: 'Scheduled by labels alone', reschedule: { mode: 'Scheduled', schedule: '0 3 * * *' }, placement: {} },
])('reschedule is admitted with $name', ({ reschedule, placement }) => {
  expect(refusals(reschedule, placement)).toEqual([])
})

test.each<{
  readonly name: string
  readonly reschedule: object
  readonly placement?: Placement
  readonly want: RegExp
}>([
  { name: 'no mode', reschedule: { maxMoves: 1 }, want: /^spec\.reschedule\.mode: / },
  { name: 'another mode', reschedule: { mode: 'Always' }, want: /^spec\.reschedule\.mode: / },
  {
    name: 'Scheduled without a schedule',
    reschedule: { mode: 'Scheduled' },
    want: /^spec\.reschedule\.schedule: .*needs one/,
  },
  {
    name: 'a schedule that is none',
    reschedule: { mode: 'Scheduled', schedule: 'every night at about three' },
    want: /^spec\.reschedule\.schedule: .*not a schedule/,
  },
  {
    name: 'a time zone that is none',
    reschedule: { mode: 'Scheduled', schedule: '0 3 * * *', timeZone: 'Berlin' },
    want: /^spec\.reschedule\.timeZone: .*no name of a time zone/,
  },
  {
    name: 'OnChange with a schedule',
    reschedule: { mode: 'OnChange', schedule: '0 3 * * *' },
    want: /^spec\.reschedule\.schedule: .*only with mode Scheduled, not OnChange/,
  },
  { name: 'Never with a budget', reschedule: { mode: 'Never', maxMoves: 3 }, want: /maxMoves: .*not with mode Never/ },
  { name: 'a budget of nothing', reschedule: { mode: 'OnChange', maxMoves: 0 }, want: /maxMoves: / },
  { name: 'more than all', reschedule: { mode: 'OnChange', maxMovesPercent: 101 }, want: /maxMovesPercent: / },
  {
    name: 'OnChange without costs',
    reschedule: { mode: 'OnChange' },
    placement: {},
    want: /^spec\.reschedule\.mode: .*needs spec\.placement\.objective/,
  },
  {
    name: 'a budget without costs',
    reschedule: { mode: 'Scheduled', schedule: '0 3 * * *', maxMoves: 1 },
    placement: {},
    want: /^spec\.reschedule\.maxMoves: .*needs spec\.placement\.objective/,
  },
  {
    name: 'OnChange with load',
    reschedule: { mode: 'OnChange' },
    placement: { ...byPrice, objective: { price: 1, load: 1 } },
    want: /not together with spec\.placement\.objective\.load/,
  },
  {
    name: 'OnChange with tiers',
    reschedule: { mode: 'OnChange' },
    placement: { ...byPrice, clusterAffinities: [{ affinityName: 'a' }, { affinityName: 'b' }] },
    want: /not together with spec\.placement\.clusterAffinities/,
  },
  {
    name: 'OnChange with affinity',
    reschedule: { mode: 'OnChange' },
    placement: { ...byPrice, workloadAffinity: { affinity: { labelSelector: { matchLabels: { a: 'b' } } } } },
    want: /not together with spec\.placement\.workloadAffinity/,
  },
])('reschedule is refused with $name', ({ reschedule, placement, want }) => {
  expect(refusals(reschedule, placement)[0]).toMatch(want)
})
