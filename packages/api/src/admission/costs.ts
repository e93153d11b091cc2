// Rules for PriceSheet, CarbonSheet and TrafficProfile.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid } from '@flotilla/machinery/field-error'
import type { CarbonSheet } from '../carbon-sheet.ts'
import type { PriceEntry, PriceSheet } from '../price-sheet.ts'
import type { ClusterAffinity } from '../selector.ts'
import type { Location, TrafficProfile } from '../traffic-profile.ts'
import { duplicates, each, type Rule } from './rule.ts'
import { checkAffinity } from './selectors.ts'

export const checkPriceSheet: Rule<PriceSheet> = ({ spec }) => [
  ...checkValidity(spec),
  ...each('spec.entries', spec.entries, checkPrices),
  ...checkTargets('spec.entries', spec.entries),
]

export const checkCarbonSheet: Rule<CarbonSheet> = ({ spec }) => [
  ...checkValidity(spec),
  ...each('spec.entries', spec.entries, (entry, field) => checkFinite(field, entry)),
  ...checkTargets('spec.entries', spec.entries),
]

export const checkTrafficProfile: Rule<TrafficProfile> = ({ spec }) => [
  ...duplicates('spec.workloads', spec.workloads ?? []),
  ...checkFinite('spec', spec),
  ...checkShares(spec.locations),
  ...each('spec.locations', spec.locations, checkLocation),
]

interface Validity {
  readonly validFrom?: string
  readonly validUntil?: string
}

function checkValidity({ validFrom, validUntil }: Validity): readonly StatusCause[] {
  if (validFrom === undefined || validUntil === undefined || Date.parse(validFrom) < Date.parse(validUntil)) return []
  return [fieldInvalid('spec.validUntil', validUntil, `must be after validFrom, ${validFrom}`)]
}

function checkPrices(entry: PriceEntry, field: string): readonly StatusCause[] {
  const { perResourceHour = {} } = entry
  return [
    ...checkFinite(field, entry),
    ...checkFinite(`${field}.perResourceHour`, perResourceHour),
    ...Object.keys(perResourceHour).flatMap((name) => checkResource(`${field}.perResourceHour`, name)),
  ]
}

function checkResource(field: string, name: string): readonly StatusCause[] {
  if (/^[^/]+\/[^/]+$/.test(name)) return []
  const instead = { cpu: 'perCPUHour', memory: 'perGiBHour' }[name]
  const way =
    instead === undefined ? 'only extended resources, such as nvidia.com/gpu: leave it out' : `that is ${instead}`
  return [fieldForbidden(`${field}[${name}]`, way)]
}

/** What a schema lets through: NaN is neither below a minimum nor above a maximum. */
function checkFinite(field: string, values: object): readonly StatusCause[] {
  return Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'number' && !Number.isFinite(value)
      ? [fieldInvalid(`${field}.${name}`, String(value), 'must be a number')]
      : [],
  )
}

interface Entry {
  readonly targetCluster: ClusterAffinity
  readonly nodeSelector?: Readonly<Record<string, string>>
}

/** Of two entries that say the same of whom they are about, or after one that is about all, the later never counts. */
function checkTargets(field: string, entries: readonly Entry[]): readonly StatusCause[] {
  const targets = entries.map(({ targetCluster, nodeSelector = {} }) => ({ targetCluster, nodeSelector }))
  const all = targets.findIndex((target) => isEmpty(target.targetCluster) && isEmpty(target.nodeSelector))
  const never = all < 0 ? [] : entries.slice(all + 1)
  const message = `never counts: ${field}[${all}] comes before it and is about every cluster; put that last`
  return [
    ...duplicates(field, targets),
    ...never.map((_, index) => fieldForbidden(`${field}[${all + 1 + index}]`, message)),
    ...each(field, entries, ({ targetCluster }, path) => checkAffinity(`${path}.targetCluster`, targetCluster)),
  ]
}

function isEmpty(value: object): boolean {
  return Object.values(value).every((part: unknown) => typeof part === 'object' && part !== null && isEmpty(part))
}

function checkShares(locations: readonly Location[]): readonly StatusCause[] {
  if (locations.some(({ share }) => share > 0 || !Number.isFinite(share))) return []
  return [fieldInvalid('spec.locations', locations, 'has no users: give one place a share above 0')]
}

function checkLocation(location: Location, field: string): readonly StatusCause[] {
  const path = `${field}.roundTripMilliseconds`
  return [
    ...checkFinite(field, location),
    ...each(path, location.roundTripMilliseconds, (entry, at) => checkFinite(at, entry)),
    ...checkTargets(path, location.roundTripMilliseconds),
  ]
}
