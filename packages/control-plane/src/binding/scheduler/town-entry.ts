// What the neighbourhood knows of one workload, from its binding and the rules of its policy. Pure.
import type { DecidedCluster, Decision } from '@flotilla/api/resource-binding'
import type { WorkloadAffinity } from '@flotilla/api/workload-affinity'
import { deepEqual } from '@flotilla/machinery/json'
import type { Labels } from '@flotilla/machinery/selector'
import type { Binding } from '../../hub.ts'
import { type Term, toTerm } from './affinity-term.ts'
import type { Resident } from './workload-group.ts'

export interface Entry extends Resident {
  readonly namespace: string
  /** Of each of its workloads. */
  readonly labels: readonly Labels[]
  readonly affinity: Term | undefined
  readonly antiAffinity: Term | undefined
  readonly preferredAffinity: Term | undefined
  readonly preferredAntiAffinity: Term | undefined
}

/** As if `binding` had this decision. */
export function toEntry(
  key: string,
  { metadata, spec }: Binding,
  rules: WorkloadAffinity | undefined,
  decision: Decision | undefined,
): Entry {
  const [workload] = spec.workloads
  const { kind = '', name = '' } = workload?.ref ?? {}
  const uids = new Set(spec.workloads.map(({ ref }) => ref.uid))
  const [labels = {}] = spec.workloads.map((each) => each.labels ?? {})
  const isGoing = metadata.deletionTimestamp !== undefined
  return {
    key,
    name: `${kind} ${name}`,
    namespace: metadata.namespace ?? '',
    labels: spec.workloads.map((each) => each.labels ?? {}),
    affinity: toTerm(rules?.affinity, labels),
    antiAffinity: toTerm(rules?.antiAffinity, labels),
    preferredAffinity: toTerm(rules?.preferredAffinity, labels),
    preferredAntiAffinity: toTerm(rules?.preferredAntiAffinity, labels),
    placed: once(() => (isGoing ? [] : idsOf((decision?.clusters ?? []).filter(({ replicas = 1 }) => replicas > 0)))),
    present: once(() => {
      const decided = [...(decision?.clusters ?? []), ...(spec.decision?.clusters ?? [])]
      const leaving = (spec.removals ?? []).filter(({ templateUID }) => uids.has(templateUID)).map(({ id }) => id)
      return [...new Set([...idsOf(decided.filter(isRunning)), ...leaving])]
    }),
  }
}

/** Most workloads are in no group: nobody asks where they are. */
function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined
  return () => (known ??= { value: compute() }).value
}

/** Or may run, as far as the decision tells. */
function isRunning({ replicas = 1, from = 0 }: DecidedCluster): boolean {
  return Math.max(replicas, from) > 0
}

function idsOf(clusters: readonly DecidedCluster[]): readonly string[] {
  return clusters.map(({ id }) => id)
}

/** Whether they are in the same groups, with the same rules. */
export function isSameResident(one: Entry, other: Entry): boolean {
  return one.name === other.name && deepEqual([one.labels, termsOf(one)], [other.labels, termsOf(other)])
}

export function termsOf({
  affinity,
  antiAffinity,
  preferredAffinity,
  preferredAntiAffinity,
}: Entry): readonly (Term | undefined)[] {
  return [affinity, antiAffinity, preferredAffinity, preferredAntiAffinity]
}

export function isSamePlace(one: Entry, other: Entry): boolean {
  return deepEqual(one.placed(), other.placed()) && deepEqual(one.present(), other.present())
}
