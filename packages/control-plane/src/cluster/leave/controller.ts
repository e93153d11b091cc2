// Takes a member off the hub without harm: its workloads stay, our marks, our lease and our access go.
import { clusterResource } from '@flotilla/api/cluster'
import type { Cluster } from '@flotilla/api/cluster'
import { clusterFinalizer, fieldManager, systemNamespace } from '@flotilla/api/group'
import { discover } from '@flotilla/machinery/discovery'
import type { Discovery } from '@flotilla/machinery/discovery'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { ObjectKey } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { clusterRoleBindings, secrets } from '@flotilla/machinery/well-known-resources'
import { watch } from '@flotilla/runtime/controller'
import type { Controller } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { Waiting } from '@flotilla/runtime/errors'
import type { Fences } from '../../fences.ts'
import type { Hub } from '../../hub.ts'
import type { WriteCheck } from '../../members/contact.ts'
import { orphanAll } from '../../members/orphan.ts'
import { refusalOf } from '../../refused-registration.ts'
import { memberAccount } from '../join/member-access.ts'

export interface LeaveDeps {
  readonly env: Env
  readonly hub: Hub
  readonly fences: Fences
  /** Writes nothing when `check` throws: it is asked right before each write. */
  readonly memberApi: (cluster: string, check: WriteCheck) => KubeApi | undefined
}

const retryMs = 5_000
const conflictPauseMs = 50

/** Keys are names of clusters. */
export function createLeaveController({ env, hub, fences, memberApi }: LeaveDeps): Controller {
  /** UIDs of clusters on which nothing of ours is left but lease and access: without a lease we go on from there. */
  const emptied = new Set<string>()

  async function reconcile(name: string, signal: AbortSignal): Promise<void> {
    const cluster = hub.clusters.get(name)
    if (!cluster) return
    const finalizers = cluster.metadata.finalizers ?? []
    const isOurs = finalizers.includes(clusterFinalizer)
    if (cluster.metadata.deletionTimestamp === undefined) {
      // Before anything is placed there: a registration that goes without us would leave our marks behind.
      if (!isOurs) await setFinalizers(cluster, [...finalizers, clusterFinalizer])
      return
    }
    if (!isOurs) return
    // What is there belongs to the hub itself, or to the registration that counts.
    if (!refusalOf(hub, cluster)) await leave(cluster, signal)
    if (!(await isThere(cluster))) return
    await deleteCredentials(cluster)
    await letGo(cluster)
  }

  async function deleteCredentials(cluster: Cluster): Promise<void> {
    const nameOf = ({ metadata, spec }: Cluster) => spec.secretRef?.name ?? metadata.name
    const others = [...hub.clusters.list()].filter(({ metadata }) => metadata.uid !== cluster.metadata.uid)
    if (others.some((other) => nameOf(other) === nameOf(cluster))) return
    await deleteIfThere(hub.api, secrets, { namespace: systemNamespace, name: nameOf(cluster) })
  }

  /** The member cannot be asked any more: a status that was written meanwhile must not send us back to it. */
  async function letGo({ metadata: { name, uid } }: Cluster): Promise<void> {
    for (;;) {
      try {
        const cluster = await hub.api.get<Cluster>(clusterResource, { name })
        const finalizers = cluster.metadata.finalizers ?? []
        if (cluster.metadata.uid !== uid) return
        return await setFinalizers(
          cluster,
          finalizers.filter((finalizer) => finalizer !== clusterFinalizer),
        )
      } catch (error) {
        if (isError(error, 'NotFound')) return
        if (!isError(error, 'Conflict')) throw error
        // Time for the other write to become durable: until then every try meets it.
        await env.timers.sleep(conflictPauseMs)
      }
    }
  }

  /** Registered anew under its name meanwhile, it has other credentials. */
  async function isThere({ metadata: { name, uid } }: Cluster): Promise<boolean> {
    const found = await hub.api.get(clusterResource, { name }).catch((error: unknown) => {
      if (!isError(error, 'NotFound')) throw error
    })
    return found?.metadata.uid === uid
  }

  /** Lets go of the member. Without its lease nothing is written to it: it is away, or not the one we know. */
  async function leave({ metadata }: Cluster, signal: AbortSignal): Promise<void> {
    const { name, uid = '' } = metadata
    // Taken off by force, or even registered anew: what is there is not ours to let go of.
    const checkRegistration = () => {
      if (hub.clusters.get(name)?.metadata.uid !== uid) throw new Waiting(`cluster ${name} was taken off`, retryMs)
    }
    const check = () => {
      checkRegistration()
      if (hub.clusters.get(name)?.spec.suspend === true) throw new Waiting(`cluster ${name} is suspended`, retryMs)
      if (!fences.mayWrite(name)) throw new Waiting(`cluster ${name} is away`, retryMs)
    }
    const api = memberApi(name, check)
    const unfenced = memberApi(name, checkRegistration)
    if (!api || !unfenced) throw new Waiting(`cluster ${name} is away`, retryMs)
    if (!emptied.has(uid)) {
      check()
      await empty(name, api, signal)
      check()
      emptied.add(uid)
    }
    await fences.end(name)
    await dropAccess(unfenced)
    emptied.delete(uid)
  }

  async function empty(name: string, api: KubeApi, signal: AbortSignal): Promise<void> {
    const discovery = await discover(api, { signal })
    if (discovery.incompleteGroups.length > 0) {
      throw new Waiting(`cluster ${name} does not tell all that it serves`, retryMs)
    }
    await orphanAll(api, listable(discovery), hub.id, signal)
  }

  async function setFinalizers({ metadata }: Cluster, finalizers: readonly string[]): Promise<void> {
    const patch = { metadata: { uid: metadata.uid, resourceVersion: metadata.resourceVersion, finalizers } }
    await hub.api.patch(clusterResource, metadata, { type: 'merge', patch }, { fieldManager })
  }

  return {
    name: 'cluster-leave',
    concurrency: 16,
    watches: [watch(hub.clusters, ({ key, before, after }) => (isNews(before, after) ? [key] : []))],
    reconcile,
  }
}

/** Every kind once, in the version that the member prefers. */
function listable({ resources, preferred }: Discovery): readonly Resource[] {
  return resources.filter(
    (resource) =>
      resource.verbs.includes('list') &&
      resource.verbs.includes('patch') &&
      preferred(resource.group, resource.kind) === resource,
  )
}

function isNews(before: Cluster | undefined, after: Cluster | undefined): boolean {
  if (!before || !after) return after !== undefined
  return (
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    before.metadata.finalizers?.length !== after.metadata.finalizers?.length
  )
}

/** Last: with it goes our right to do anything there, so a refusal may be the answer that was lost before. */
async function dropAccess(member: KubeApi): Promise<void> {
  try {
    await deleteIfThere(member, clusterRoleBindings, { name: memberAccount })
  } catch (error) {
    if (!isError(error, 'Forbidden', 'Unauthenticated')) throw error
  }
}

async function deleteIfThere(api: KubeApi, resource: Resource, key: ObjectKey): Promise<void> {
  try {
    await api.delete(resource, key)
  } catch (error) {
    if (!isError(error, 'NotFound')) throw error
  }
}
