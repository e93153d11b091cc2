// planStep(): what to do next about one object on one member. Every row of the table in delivery.md, "Apply" and
// "Remove". Pure.
import type { Row } from '../members/row.ts'
import { kindIdIn, type ObjectId } from '../object-id.ts'
import type { WantedRemoval } from './claims.ts'
import type { Truce } from './fights.ts'
import type { DeliverySettings } from './settings.ts'

/** What the member shall hold. */
export interface WantedObject {
  readonly kind: 'hold'
  readonly hash: string
  /** The field set that our manager owns when the member holds just what we state; undefined: not known. */
  readonly owned: string | undefined
  readonly settings: DeliverySettings
  /** It ran to its end on this member before, under the same template. */
  readonly hasFinished: boolean
  /** UIDs of objects of nobody's that a person lets us adopt, whatever they hold. */
  readonly adoptable: ReadonlySet<string>
}

export type Wanted = WantedObject | ({ readonly kind: 'remove' } & WantedRemoval)

/** What a live read found. `isIdentical`: all that we state already holds there. */
export type Live =
  | { readonly found: false }
  | { readonly found: true; readonly row: Row; readonly isOurs: boolean; readonly isIdentical: boolean }

export interface Situation {
  readonly id: ObjectId
  readonly hubId: string
  readonly wanted: Wanted
  /** Our own object as the cache has it. */
  readonly row: Row | undefined
  /** Undefined: not read yet. */
  readonly live: Live | undefined
  /** Fields are left to others who kept taking them. */
  readonly truce: Truce | undefined
}

export type Step =
  /** It is as it shall be. */
  | { readonly kind: 'done' }
  /** Read it first. */
  | { readonly kind: 'get' }
  | {
      readonly kind: 'apply'
      readonly why: 'create' | 'update' | 'restore' | 'adopt' | 'overwrite'
      /** Undefined: there must be none yet, and what is there refuses to be applied to. */
      readonly uid: string | undefined
      /** Take fields that others own. */
      readonly force: boolean
    }
  /** Somebody else changed our fields: leave them and list them. */
  | { readonly kind: 'report' }
  /** Somebody else keeps taking our fields: they are left to it for so long. */
  | { readonly kind: 'conflicted'; readonly retryAfterMs: number }
  /** It is somebody else's, and the policy does not let us take it. */
  | { readonly kind: 'refuse'; readonly reason: 'Abort' | 'NotIdentical' }
  /** It is on its way out; what comes next depends on its being gone. */
  | { readonly kind: 'wait' }
  /** Of just what was read: refused when it has changed since. */
  | { readonly kind: 'delete'; readonly uid: string; readonly resourceVersion: string }
  | { readonly kind: 'orphan'; readonly uid: string }
  /** Nothing of ours is there. */
  | { readonly kind: 'gone' }
  /** Never deleted by itself. */
  | { readonly kind: 'keep' }

/** Kinds whose deletion takes what is in them along. */
export const keptKinds: ReadonlySet<string> = new Set([
  '/Namespace',
  'apiextensions.k8s.io/CustomResourceDefinition',
  '/PersistentVolumeClaim',
  '/PersistentVolume',
])

export function planStep(situation: Situation): Step {
  const { wanted, row, live } = situation
  if (wanted.kind === 'remove') return planRemoval(situation, wanted)
  // A live read is newer than the cache.
  if (live?.found === false) return wanted.hasFinished ? done : create
  if (live?.found && !live.isOurs) return planTheirs(wanted, live.row, live.isIdentical)
  const ours = live?.found ? live.row : row
  if (ours) return planOurs(situation, wanted, ours)
  // The cache holds only what carries our label: somebody else's may be there, and then refuses to be created.
  return wanted.hasFinished ? { kind: 'get' } : create
}

const done: Step = { kind: 'done' }
const create: Step = { kind: 'apply', why: 'create', uid: undefined, force: false }

function planOurs({ hubId, truce }: Situation, wanted: WantedObject, row: Row): Step {
  if (row.isDeleting) return { kind: 'wait' }
  if (row.applied !== wanted.hash || row.hub !== hubId) {
    return { kind: 'apply', why: 'update', uid: row.uid, force: false }
  }
  if (wanted.owned === undefined || row.owned === wanted.owned) return done
  if (wanted.settings.drift === 'Report') return { kind: 'report' }
  if (truce && truce.owned === row.owned) return { kind: 'conflicted', retryAfterMs: truce.endsInMs }
  return { kind: 'apply', why: 'restore', uid: row.uid, force: true }
}

function planTheirs({ settings, adoptable }: WantedObject, row: Row, isIdentical: boolean): Step {
  if (row.isDeleting) return { kind: 'wait' }
  const isConsented = row.hub === undefined && adoptable.has(row.uid)
  if (isConsented) return { kind: 'apply', why: 'overwrite', uid: row.uid, force: true }
  switch (settings.conflictResolution) {
    case 'Abort':
      return { kind: 'refuse', reason: 'Abort' }
    case 'Overwrite':
      return { kind: 'apply', why: 'overwrite', uid: row.uid, force: true }
    case 'IfIdentical':
      if (!isIdentical) return { kind: 'refuse', reason: 'NotIdentical' }
      return { kind: 'apply', why: 'adopt', uid: row.uid, force: false }
  }
}

/** Only what carries our label and the template's UID goes: read live, since a watch may be late to tell of it. */
function planRemoval({ id, hubId, live }: Situation, wanted: WantedRemoval): Step {
  if (!live) return { kind: 'get' }
  if (!live.found) return { kind: 'gone' }
  const found = live.row
  if (found.hub !== hubId || !wanted.templateUids.has(found.template ?? '')) return { kind: 'gone' }
  if (wanted.mode === 'orphan') return { kind: 'orphan', uid: found.uid }
  if (keptKinds.has(kindIdIn(id))) return { kind: 'keep' }
  if (found.isDeleting) return { kind: 'wait' }
  return { kind: 'delete', uid: found.uid, resourceVersion: found.resourceVersion }
}
