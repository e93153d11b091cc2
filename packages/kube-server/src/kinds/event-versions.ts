// Events are one stored kind that core/v1 and events.k8s.io/v1 show under different field names.
import type { KubeObject } from '@flotilla/machinery/object'

const names: readonly (readonly [core: string, events: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
]

/** Written by core/v1 even when empty. */
const renamed = new Set(['reportingComponent', 'reportingInstance'])

export function convertEvent(event: KubeObject, apiVersion: string): KubeObject {
  const toCore = apiVersion === 'v1'
  const renames = new Map(names.map(([core, events]) => (toCore ? [events, core] : [core, events])))
  const given = Object.entries(event).filter(([field, value]) => toCore || value !== '' || !renamed.has(field))
  const fields = given.map(([field, value]) => [renames.get(field) ?? field, value] as const)
  return { ...(Object.fromEntries(fields) as KubeObject), apiVersion }
}
