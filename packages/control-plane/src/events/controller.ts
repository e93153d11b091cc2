// Kubernetes Events of the hub: what became of a workload and of a cluster, for `kubectl describe` and `kubectl get events`.
import type { Cluster } from '@flotilla/api/cluster'
import { watch } from '@flotilla/runtime/controller'
import type { Controller } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { EventRecorder } from '@flotilla/runtime/event-recorder'
import type { Change } from '@flotilla/runtime/source'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Binding, Hub } from '../hub.ts'
import { bindingEvents } from './binding-events.ts'
import { clusterEvents } from './cluster-events.ts'

export interface EventsDeps {
  readonly env: Env
  readonly hub: Hub
}

/** A binding that is seen first is new if it is no older, ms: all others were there when we started. */
const newMs = 30_000

/** What happened while no controllers ran is not told. */
export function createEventsController({ env, hub }: EventsDeps): Controller {
  const recorder = new EventRecorder({ env, api: hub.api, component: 'flotilla' })

  function followBinding({ before, after }: Change<Binding>): Iterable<string> {
    if (!after || (!before && !isNew(after))) return []
    for (const event of bindingEvents(before, after, timestamp(env.clock.now())))
      for (const { ref } of after.spec.workloads) recorder.record(ref, event)
    return []
  }

  function isNew({ metadata }: Binding): boolean {
    return env.clock.now() - Date.parse(metadata.creationTimestamp ?? '') < newMs
  }

  function followCluster({ before, after }: Change<Cluster>): Iterable<string> {
    if (!before || !after) return []
    const { apiVersion, kind, metadata } = after
    const subject = { apiVersion, kind, name: metadata.name, uid: metadata.uid }
    for (const event of clusterEvents(before, after)) recorder.record(subject, event)
    return []
  }

  return {
    name: 'events',
    watches: [
      watch<Binding>(hub.bindings, followBinding),
      watch<Binding>(hub.clusterBindings, followBinding),
      watch<Cluster>(hub.clusters, followCluster),
    ],
    reconcile: async () => {},
  }
}
