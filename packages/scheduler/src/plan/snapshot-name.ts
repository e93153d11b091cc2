// A name for all that a plan was made from, part by part, so that it can be told which part is another now.
import type { PlanStatus } from '@flotilla/api/plan'
import { FlotillaError } from '@flotilla/machinery/errors'
import { canonicalJson, isObject } from '@flotilla/machinery/json'
import { hash32 } from '../hash.ts'
import { compareTurns } from '../order.ts'
import { type ClusterRow, compareText } from '../snapshot.ts'
import { mapSteps } from '../steps.ts'
import { type Fleet } from './fleet.ts'

/** What each part is of, in their order. */
const parts = [
  'clusters',
  'workloads and their decisions',
  'policies',
  'the change that is asked about',
  'moves',
] as const

/**
 * 32 bits of each part. Free room is not named, as it changes all the time; what it makes of the plan is: its moves.
 * `change`: any JSON value. In steps of some milliseconds.
 */
export function* nameSteps(
  fleet: Fleet,
  change: unknown,
  { workloads }: Pick<PlanStatus, 'workloads'>,
): Generator<void, string> {
  const works = fleet.works.toSorted(compareTurns)
  const asked = yield* mapSteps(works, ({ key, request }) => {
    const { templateUID, replicas, completions, requirements, previous } = request
    return hash([key, templateUID, replicas, completions, requirements, previous?.forHash, previous?.clusters])
  })
  const policies = yield* mapSteps(works, ({ policy, priority, request: { placement } }) =>
    hash([policy, priority, placement]),
  )
  const rows = fleet.clusters.toSorted(({ id: left }, { id: right }) => compareText(left, right))
  const clusters = yield* mapSteps(rows, (row) => hash(decisive(row)))
  const moves = yield* mapSteps(workloads, ({ reason: _, ...each }) => hash(each))
  return [clusters, asked, policies, change, moves].map(hash).join('-')
}

/** Throws Invalid for a text that names no snapshot. */
export function changedParts(given: string, now: string): readonly string[] {
  if (!/^[\da-f]{8}(-[\da-f]{8}){4}$/.test(given)) {
    throw new FlotillaError('Invalid', `Cannot read the snapshot ${given}: it is not one that flotilla plan prints`)
  }
  const [before, after] = [given.split('-'), now.split('-')]
  return parts.filter((_, index) => before[index] !== after[index])
}

function decisive({ id, shapes: _, notReadyReason: __, ...row }: ClusterRow) {
  return [id, toJson(row)] as const
}

function hash(value: unknown): string {
  return hash32(canonicalJson(toJson(value)))
    .toString(16)
    .padStart(8, '0')
}

/** Sets and maps as sorted lists, so that all that is in them counts. */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Set) return [...value].map(String).sort(compareText)
  if (value instanceof Map) return [...value].map(toJson).map(canonicalJson).sort(compareText)
  if (Array.isArray(value)) return value.map(toJson)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([field, inside]) => [field, toJson(inside)]))
}
