// What policies say of how an object is delivered. Where several claim an object, the one that writes less holds.
import type { PropagationSpec } from '@flotilla/api/propagation-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import type { RuleLookup } from '../interpreter/rule-book.ts'

export interface DeliverySettings {
  readonly conflictResolution: 'Abort' | 'IfIdentical' | 'Overwrite'
  readonly drift: 'Correct' | 'Report'
  /** Paths that never count as drift. */
  readonly ignoreFields: readonly string[]
  readonly isSuspended: boolean
}

export const defaultSettings: DeliverySettings = {
  conflictResolution: 'IfIdentical',
  drift: 'Correct',
  ignoreFields: [],
  isSuspended: false,
}

/** `spec` of the policy of a claim; undefined when the policy is gone: what it placed stays as it is. */
export function settingsOf(spec: PropagationSpec | undefined, cluster: string): DeliverySettings {
  if (!spec) return defaultSettings
  const { suspension } = spec
  const isNamed = suspension?.dispatchingOnClusters?.clusterNames.includes(cluster) === true
  return {
    conflictResolution: spec.conflictResolution ?? 'IfIdentical',
    drift: spec.drift?.mode ?? 'Correct',
    ignoreFields: spec.drift?.ignoreFields ?? [],
    isSuspended: suspension?.dispatching === true || isNamed,
  }
}

/** Fields that members own by the rules of the object's kind are nobody's drift. */
export function withRetained(settings: DeliverySettings, object: KubeObject, rules: RuleLookup): DeliverySettings {
  const retained = rules.rulesFor(object)?.retained ?? []
  if (retained.length === 0) return settings
  return { ...settings, ignoreFields: [...new Set([...settings.ignoreFields, ...retained])] }
}

const resolutions = ['Overwrite', 'IfIdentical', 'Abort'] as const

export function stricter(a: DeliverySettings, b: DeliverySettings): DeliverySettings {
  const rank = Math.max(resolutions.indexOf(a.conflictResolution), resolutions.indexOf(b.conflictResolution))
  return {
    conflictResolution: resolutions[rank] ?? 'Abort',
    drift: a.drift === 'Report' || b.drift === 'Report' ? 'Report' : 'Correct',
    ignoreFields: [...new Set([...a.ignoreFields, ...b.ignoreFields])],
    isSuspended: a.isSuspended || b.isSuspended,
  }
}
