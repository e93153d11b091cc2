// Pods of one component of a workload, as its kind's own controller will make them.
import { asDict, dictAt, type Dict } from '@flotilla/machinery/untyped'

/** The part of a pod that scheduling and dependencies read. */
export interface PodTemplate {
  readonly labels: Readonly<Record<string, string>>
  readonly spec: Dict
}

export interface PodSet {
  readonly name: string
  readonly replicas: number
  readonly pod: PodTemplate
}

/** Reads the components of one kind from its `spec`. */
export type ReadPodSets = (spec: Dict) => readonly PodSet[]

export function podTemplate(template: unknown): PodTemplate {
  return { labels: dictAt(template, 'metadata', 'labels') as Record<string, string>, spec: dictAt(template, 'spec') }
}

const most = 2 ** 31 - 1

/** What nobody validated, as a whole number that the API can hold. */
export function count(value: unknown, fallback: number): number {
  if (typeof value !== 'number' || Number.isNaN(value)) return fallback
  return Math.min(most, Math.max(0, Math.trunc(value)))
}

/** One for each key of a map, in the order of keys: maps have none that lasts. */
export function entriesOf(map: unknown): readonly (readonly [string, Dict])[] {
  return Object.entries(asDict(map))
    .map(([key, value]) => [key, asDict(value)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1))
}
