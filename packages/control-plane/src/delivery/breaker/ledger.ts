// What the breaker let go within the last hour, as a ConfigMap keeps it: written before anything goes, so that nobody who
// restarts the hub, and no series of small changes, has it forgotten. One line of JSON each. Pure.
import { removalsName } from '@flotilla/api/breaker'
import { systemNamespace } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import { textAt } from '@flotilla/machinery/untyped'
import type { Binding } from '../../hub.ts'
import type { Fall } from './limit.ts'
import type { Loss } from './loss.ts'

export const ledgerKey = { namespace: systemNamespace, name: removalsName }

/** Of one binding. */
export interface Entry extends Omit<Fall, 'copies'> {
  /** ms since 1970. */
  readonly at: number
  /** Heads of the identities of clusters. */
  readonly clusters: readonly string[]
}

export const hourMs = 3_600_000

/** The oldest first; lines that are none are left out. */
export function readLedger(ledger: KubeObject | undefined): readonly Entry[] {
  return textAt(ledger, 'data', 'letGo').split('\n').flatMap(parse)
}

export function ledgerData(entries: readonly Entry[]): Readonly<Record<string, string>> {
  const lines = entries.map(({ at, mark, policy, isDeleted, clusters }) =>
    JSON.stringify([at, mark, policy ?? '', isDeleted ? 1 : 0, ...clusters]),
  )
  return { letGo: lines.map((line) => `${line}\n`).join('') }
}

/** Enough of a UID to tell it from others of one hub. */
export function headOf(uid: string | undefined): string {
  return (uid ?? '').slice(0, 13)
}

export function entryOf({ binding, isDeleted, clusters }: Loss, at: number): Entry {
  const { metadata, spec } = binding
  const heads = isDeleted ? [] : [...clusters].map(headOf)
  return { at, mark: headOf(metadata.uid), policy: spec.policy?.uid, isDeleted, clusters: heads }
}

export function fallOf({ mark, policy, isDeleted, clusters }: Entry): Fall {
  return { mark, policy, isDeleted, copies: clusters.length }
}

/** Whether the entry is of what `binding` loses on the cluster of that identity. */
export function isOf({ isDeleted, clusters }: Entry, { metadata }: Binding, clusterId: string): boolean {
  if (isDeleted !== (metadata.deletionTimestamp !== undefined)) return false
  return isDeleted || clusters.includes(headOf(clusterId))
}

function parse(line: string): readonly Entry[] {
  if (line === '') return []
  try {
    const [at, mark, policy, isDeleted, ...clusters] = JSON.parse(line) as [number, string, string, 0 | 1, ...string[]]
    return [{ at, mark, policy: policy === '' ? undefined : policy, isDeleted: isDeleted === 1, clusters }]
  } catch {
    return []
  }
}
