// What a change of the hub makes of one object on one member: both sides rendered as the delivery loop does, and the
// new one applied, as the member's server would, to what is there. Nothing is sent but reads.
import { withoutMarks } from '@flotilla/control-plane/delivery/marks'
import { fieldManager } from '@flotilla/api/group'
import { claimsOn, type Claim } from '@flotilla/control-plane/delivery/claims'
import { adoptableBy } from '@flotilla/control-plane/delivery/consent'
import { driftOf, yieldFields } from '@flotilla/control-plane/delivery/drift'
import { maskSecret, maskValue } from '@flotilla/control-plane/delivery/masks'
import { planStep } from '@flotilla/control-plane/delivery/plan'
import {
  defaultSettings,
  settingsOf,
  stricter,
  withRetained,
  type DeliverySettings,
} from '@flotilla/control-plane/delivery/settings'
import { builtinSchemaOf } from '@flotilla/control-plane/members/member-kinds'
import { projectRow } from '@flotilla/control-plane/members/row'
import type { ObjectId } from '@flotilla/control-plane/object-id'
import { applyObject } from '@flotilla/machinery/apply'
import { diffValues, type FieldDifference } from '@flotilla/machinery/diff'
import { deepEqual } from '@flotilla/machinery/json'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { apiVersionOf } from '@flotilla/machinery/resource'
import type { KindSchema } from '@flotilla/machinery/schema'
import type { Env } from '@flotilla/runtime/env'
import { timestamp } from '@flotilla/runtime/timestamp'
import { readLive, renderOn, titleOf, untyped, type Renderer } from '../decisions/rendering.ts'
import type { FleetMember } from '../reach/fleet.ts'
import type { Side, Sides } from './hub-views.ts'

export interface ObjectDiff {
  readonly object: string
  readonly cluster: string
  /** Orphaned: it stays, and is nobody's any more. Refused: somebody else's is there, and the policy takes none. */
  readonly change: 'Created' | 'Changed' | 'Deleted' | 'Orphaned' | 'Refused'
  /** Why nothing of it happens now. */
  readonly held?: string
  /** What is changed. Values of Secrets are hidden. */
  readonly fields: readonly FieldDifference[]
  /** What is created. */
  readonly stated?: KubeObject
}

export interface Asked {
  readonly env: Env
  readonly renderer: Renderer
  readonly sides: Sides
}

/** As it is on the hub and as it would be; undefined: it is not there. */
export interface TemplatePair {
  readonly id: ObjectId
  readonly before: KubeObject | undefined
  readonly after: KubeObject | undefined
}

/** Undefined: nothing differs. @throws what the member answers. */
export async function diffOnMember(
  { env, renderer, sides }: Asked,
  { id, before, after }: TemplatePair,
  member: FleetMember,
  api: KubeApi,
): Promise<ObjectDiff | undefined> {
  const clusterId = member.cluster.spec.id
  const [had, has] = [
    before ? claimsOn(sides.before.bindings, id, clusterId) : [],
    after ? claimsOn(sides.after.bindings, id, clusterId) : [],
  ]
  const template = after ?? before
  if (template === undefined || had.length + has.length === 0) return undefined
  const kind = await renderer.kindOn(member, api, template)
  const live = await readLive(api, kind, template)
  const about = { object: titleOf(template), cluster: member.name, fields: [] }
  if (has.length === 0) return removalOf(live)
  const settings = withRetained(settingsFor(sides.after, has, member.name), template, sides.after.rules)
  const next = stateOn(sides.after, after, has, settings)
  const last = before && stateOn(sides.before, before, had, settings)
  if (next === undefined || (last !== undefined && deepEqual(withoutMarks(last), withoutMarks(next)))) return undefined
  const held = heldBy(member, settings)
  const common = { ...about, ...(held === undefined ? {} : { held }) }
  if (live === undefined) return { ...common, change: 'Created', stated: maskSecret(withoutEmpty(next)) }
  const schema = kind.schema ?? builtinSchemaOf(apiVersionOf(kind.resource), kind.resource.kind) ?? untyped
  const row = projectRow(live, env.clock.now())
  const isOurs = row.hub === sides.after.hubId || (row.hub === undefined && row.owned !== undefined)
  if (!isOurs && isRefused(next, live, settings, schema)) return { ...common, change: 'Refused' }
  const fields = fieldsBetween(live, appliedTo(live, next, settings, schema))
  return fields.length === 0 ? undefined : { ...common, change: 'Changed', fields }

  function stateOn(
    side: Side,
    of: KubeObject | undefined,
    claims: readonly Claim[],
    by: DeliverySettings,
  ): KubeObject | undefined {
    if (of === undefined || claims.length === 0) return undefined
    const found = live && projectRow(live, env.clock.now())
    const cluster = side.clusterNamed(member.cluster)
    return renderOn(side, { template: of, claims, cluster, kind, settings: by, row: found }).object
  }

  function removalOf(there: KubeObject | undefined): ObjectDiff | undefined {
    const row = there && projectRow(there, env.clock.now())
    if (row === undefined) return undefined
    const mode = sides.preserved.has(id) ? 'orphan' : 'delete'
    const wanted = {
      kind: 'remove',
      mode,
      templateUids: new Set([before?.metadata.uid ?? '']),
      isSuspended: false,
      isHeld: false,
    } as const
    const found = { found: true, row, isOurs: row.hub === sides.before.hubId, isIdentical: false } as const
    const { kind: step } = planStep({ ...situation, id, hubId: sides.before.hubId, wanted, live: found })
    if (step === 'delete') return { ...about, change: 'Deleted' }
    return step === 'orphan' || step === 'keep' ? { ...about, change: 'Orphaned' } : undefined
  }

  function isRefused(stated: KubeObject, there: KubeObject, by: DeliverySettings, schema: KindSchema): boolean {
    const isIdentical = driftOf(withoutMarks(stated), there, schema).length === 0
    const found = { found: true, row: projectRow(there, env.clock.now()), isOurs: false, isIdentical } as const
    const adoptable = adoptableBy(after ?? stated)
    const wanted = { kind: 'hold', hash: '', owned: undefined, settings: by, hasFinished: false, adoptable } as const
    return planStep({ ...situation, id, hubId: sides.after.hubId, wanted, live: found }).kind === 'refuse'
  }

  function appliedTo(there: KubeObject, stated: KubeObject, by: DeliverySettings, schema: KindSchema): KubeObject {
    const yielding = { ignored: by.ignoreFields, yieldsChanges: by.drift === 'Report' }
    return applyObject({
      live: there,
      applied: yieldFields(stated, there, schema, yielding),
      schema,
      manager: fieldManager,
      time: timestamp(env.clock.now()),
      force: true,
    })
  }
}

/** Nothing was done of it before. */
const situation = { row: undefined, truce: undefined } as const

function settingsFor(side: Side, claims: readonly Claim[], cluster: string): DeliverySettings {
  const each = claims.map(({ binding }) => settingsOf(side.policyOf(binding)?.spec, cluster))
  return each.length === 0 ? defaultSettings : each.reduce(stricter)
}

function heldBy({ cluster }: FleetMember, { isSuspended }: DeliverySettings): string | undefined {
  if (cluster.spec.suspend === true) return 'the cluster is suspended'
  return isSuspended ? 'the policy suspends dispatching there' : undefined
}

/** But for what the member's server writes by itself. */
function fieldsBetween(live: KubeObject, applied: KubeObject): readonly FieldDifference[] {
  return diffValues(comparable(live), comparable(applied)).map(({ path, ...values }) => ({
    path,
    ...Object.fromEntries(Object.entries(values).map(([side, value]) => [side, maskValue(live.kind, path, value)])),
  }))
}

function comparable(object: KubeObject) {
  const { metadata, status: _, ...rest } = withoutMarks(object)
  return { ...rest, metadata: { labels: metadata.labels, annotations: metadata.annotations } }
}

/** Without labels and annotations where there are none but ours. */
function withoutEmpty(object: KubeObject): KubeObject {
  const { labels = {}, annotations = {}, ...metadata } = withoutMarks(object).metadata
  const some = Object.entries({ labels, annotations }).filter(([, entries]) => Object.keys(entries).length > 0)
  return { ...object, metadata: { ...metadata, ...Object.fromEntries(some) } }
}
