// I2: decisions add up to what is wanted, and a member is told what was decided for it.
import { templateAnnotation } from '@flotilla/api/group'
import type { Check, Watched } from './check.ts'

/** Lag between a template's edit, its decision and its delivery does not count, ms. */
const recentMs = 10 * 60_000

/** Members are asked who they are every five seconds: until then another cluster may be taken for the one before it, ms. */
const noticedWithinMs = 20_000

interface Wanted {
  readonly at: number
  readonly replicas: number
}

export function checkDecidedReplicas({ model, members, now, violate }: Watched): Check {
  /** By app: what was wanted lately, newest last. */
  const wanted = new Map<string, Wanted[]>()
  /** By template UID and cluster id: most replicas that any decision of late had for it. */
  const decided = new Map<string, Wanted[]>()

  const mostOf = (list: Map<string, Wanted[]>, key: string): number | undefined => {
    const recent = (list.get(key) ?? []).filter(
      ({ at }, index, all) => now() - at < recentMs || index === all.length - 1,
    )
    list.set(key, recent)
    return recent.length === 0 ? undefined : Math.max(...recent.map(({ replicas }) => replicas))
  }
  const add = (list: Map<string, Wanted[]>, key: string, replicas: number) => {
    const entries = list.get(key) ?? []
    list.set(key, entries)
    if (entries.at(-1)?.replicas !== replicas) entries.push({ at: now(), replicas })
  }

  return {
    onHubEvent({ key, type, object }) {
      if (key.startsWith('deployments.apps/')) {
        add(wanted, object.metadata.name, type === 'DELETED' ? 0 : (model.wantedOf(object.metadata.name) ?? 1))
      }
      if (type === 'DELETED' || !key.startsWith('resourcebindings.')) return
      const binding = model.bindings.get(key)
      if (binding?.spec.decision === undefined) return
      let sum = 0
      for (const { id, replicas = 0, from = 0 } of binding.spec.decision.clusters) {
        sum += replicas
        for (const { ref } of binding.spec.workloads) add(decided, `${ref.uid} ${id}`, Math.max(replicas, from))
      }
      const most = mostOf(wanted, binding.app) ?? 0
      if (sum > most) violate('I2', `${binding.app}: ${sum} replicas are decided where at most ${most} are wanted`)
    },
    onArrival({ verb, server, resource, object, key }) {
      const member = members.get(server)
      if (verb !== 'apply' || member === undefined || object === undefined || resource?.plural !== 'deployments') return
      const stated = (object['spec'] as { replicas?: number } | undefined)?.replicas
      const template = object.metadata.annotations?.[templateAnnotation]
      // Without our marks it is no statement: it takes back what we had added.
      if (stated === undefined || template === undefined || now() - member.since < noticedWithinMs) return
      const most = mostOf(decided, `${template} ${member.id}`)
      if (most === undefined) violate('I2', `${key?.name} is stated on ${server}, where nothing was decided`)
      else if (stated > most)
        violate('I2', `${key?.name} is stated with ${stated} on ${server}, where ${most} were decided`)
    },
  }
}
