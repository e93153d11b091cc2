// Deletes templates of Jobs when `ttlSecondsAfterFinished` is over. Members are never told of it: they would delete
// their copies, and a copy that is gone looks like one that was never run.
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { jobs } from '@flotilla/machinery/well-known-resources'
import { watch } from '@flotilla/runtime/controller'
import type { Controller, Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Source } from '@flotilla/runtime/source'
import type { Hub } from '../hub.ts'
import { objectIdIn, type ObjectId } from '../object-id.ts'

export interface FinishedJobsDeps {
  readonly env: Env
  readonly hub: Hub
}

/** Keys are ObjectIds of Jobs that we placed; others are not ours to delete. */
export function createFinishedJobsController({ env, hub }: FinishedJobsDeps): Controller {
  async function reconcile(id: ObjectId): Promise<Result | void> {
    const job = hub.templates.byId(id)
    const dueAt = job && cleanupTime(job)
    if (!job || dueAt === undefined || !isPlaced(hub, id, job)) return
    const leftMs = dueAt - env.clock.now()
    if (leftMs > 0) return { requeueAfterMs: leftMs }
    const { uid = '', resourceVersion = '' } = job.metadata
    try {
      const preconditions = { uid, resourceVersion }
      await hub.api.delete(jobs, job.metadata, { preconditions, propagationPolicy: 'Background' })
    } catch (error) {
      if (!isError(error, 'NotFound')) throw error
    }
  }

  return { name: 'finished-jobs', concurrency: 8, watches: [watch(jobSource(hub), ({ key }) => [key])], reconcile }
}

/** When the Job is to be deleted, ms since 1970; undefined: never, or not known yet. */
function cleanupTime(job: KubeObject): number | undefined {
  const ttl = valueAt(job, 'spec', 'ttlSecondsAfterFinished')
  const end = asDicts(valueAt(job, 'status', 'conditions')).find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
  const endedAt = Date.parse(String(end?.['lastTransitionTime']))
  if (typeof ttl !== 'number' || Number.isNaN(endedAt) || job.metadata.deletionTimestamp !== undefined) return undefined
  return endedAt + ttl * 1000
}

function isPlaced(hub: Hub, id: ObjectId, { metadata }: KubeObject): boolean {
  return hub.bindingsOf(id).some(({ spec }) => spec.workloads.some(({ ref }) => ref.uid === metadata.uid))
}

function jobSource(hub: Hub): Source<KubeObject> {
  return {
    onChange: (listener) =>
      hub.templates.onChange((kind, change) => {
        if (kind === 'batch/Job') listener({ ...change, key: objectIdIn(kind, change.key) })
      }),
    synced: () => Promise.resolve(),
    hasSynced: true,
  }
}
