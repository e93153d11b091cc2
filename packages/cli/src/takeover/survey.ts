// What a takeover would mean for one member: what is newer there, what would be stated again, what nobody here knows.
import { generationAnnotation, hubLabel } from '@flotilla/api/group'
import type { HubPast } from '@flotilla/api/hub-past'
import { isClaimed } from '@flotilla/control-plane/cluster/orphans/claimed'
import { readSeenClaim } from '@flotilla/control-plane/cluster/health/hub-lease'
import { isRegisteredAs } from '@flotilla/control-plane/registration'
import type { Binding } from '@flotilla/control-plane/hub'
import { displayId, objectIdOf } from '@flotilla/control-plane/object-id'
import { isNewerState } from '@flotilla/control-plane/takeover/newer-state'
import { staleRemovalsOf } from '@flotilla/control-plane/takeover/stale-evidence'
import type { TemplateAndBindings } from '@flotilla/control-plane/what-if/template-bindings'
import type { KubeClient } from '@flotilla/kube-client/client'
import { discover } from '@flotilla/machinery/discovery'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { driftIn, lookAtPlaced, type Drifted } from '../decisions/drift-on-member.ts'
import { titleOf, type Renderer, type RenderedOn } from '../decisions/rendering.ts'
import type { FleetMember } from '../reach/fleet.ts'

export interface Survey {
  readonly cluster: string
  /** Of the hub that wrote there last; undefined: none did. */
  readonly generation: number | undefined
  /** When it did so, RFC 3339. */
  readonly writtenAt: string | undefined
  readonly isNewer: boolean
  /** Fields that would be stated again, and objects that are not there any more. */
  readonly restated: readonly Drifted[]
  /** Objects of which a newer generation of the template was applied. */
  readonly newer: readonly string[]
  /** Objects with our label that nothing here accounts for: they stay. */
  readonly unknown: readonly string[]
  /** Objects that were about to be removed, or moved away: they stay. */
  readonly kept: readonly string[]
}

/** What the hub has, read once for all members. */
export interface OfHub {
  readonly hubId: string
  readonly past: HubPast
  readonly renderer: Renderer
  readonly templates: readonly TemplateAndBindings[]
  readonly bindings: readonly Binding[]
}

export async function surveyMember(hub: OfHub, member: FleetMember, api: KubeClient): Promise<Survey> {
  const found = await readSeenClaim(api)
  const seen = found?.claim.hubId === hub.hubId ? found : undefined
  const parts = await lookAtPlaced(hub.renderer, hub.templates, member, api, (template, placed) => [
    { restated: driftIn(template, placed), newer: isNewerCopy(template, placed) ? [titleOf(template)] : [] },
  ])
  return {
    cluster: member.name,
    generation: seen?.claim.generation,
    writtenAt: seen?.renewTime,
    isNewer: seen !== undefined && isNewerState(seen, hub.past),
    restated: parts.flatMap(({ restated }) => restated),
    newer: parts.flatMap(({ newer }) => newer),
    unknown: await unknownOn(api, hub, member),
    kept: keptOn(hub, member),
  }
}

function isNewerCopy({ metadata }: KubeObject, { live }: RenderedOn): boolean {
  return Number(live?.metadata.annotations?.[generationAnnotation] ?? 0) > (metadata.generation ?? 0)
}

async function unknownOn(api: KubeApi, { hubId, bindings }: OfHub, { cluster }: FleetMember): Promise<string[]> {
  const discovery = await discover(api)
  if (discovery.incompleteGroups.length > 0) {
    const groups = discovery.incompleteGroups.join(', ')
    throw new FlotillaError('Unavailable', `Cannot tell what is there: the cluster does not tell what ${groups} serves`)
  }
  const resources = discovery.resources.filter(
    (one) =>
      one.verbs.includes('list') && one.verbs.includes('patch') && discovery.preferred(one.group, one.kind) === one,
  )
  const unknown: string[] = []
  for (const resource of resources) {
    const { items } = await api.list(resource, { labelSelector: `${hubLabel}=${hubId}` })
    for (const object of items) {
      const { name, namespace } = object.metadata
      const id = objectIdOf({ apiVersion: object.apiVersion, kind: object.kind, name, namespace })
      if (!isClaimed(bindings, id, cluster.spec.id) && resource.kind !== 'Namespace') unknown.push(displayId(id))
    }
  }
  return unknown
}

function keptOn({ bindings }: OfHub, { cluster }: FleetMember): readonly string[] {
  const stale = bindings.flatMap(staleRemovalsOf).filter(({ on }) => isRegisteredAs(cluster, on))
  return [...new Set(stale.map(({ objectId }) => displayId(objectId)))]
}
