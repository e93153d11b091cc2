// CronJobs: a Job at each scheduled time.
import { isError } from '@flotilla/machinery/errors'
import { watch, type Controller, type Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { Stalled } from '@flotilla/runtime/errors'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Cached } from '../cached.ts'
import type { CronJob, Job } from '../kinds.ts'
import { byOwner, controllerReference, toOwnerKeys, toOwnKey } from '../owner.ts'
import { compareText } from '../pod.ts'
import { nextCronTime } from './cron-schedule.ts'
import { hasSucceeded, isOver } from './job.ts'

export interface CronJobDeps {
  readonly env: Env
  readonly jobs: Cached<Job>
  readonly cronJobs: Cached<CronJob>
}

export function createCronJobController({ env, jobs, cronJobs }: CronJobDeps): Controller {
  async function reconcile(key: string): Promise<Result | void> {
    const cron = cronJobs.rows.get(key)
    if (cron === undefined || cron.metadata.deletionTimestamp !== undefined) return
    await dropHistory(cron)
    const now = env.clock.now()
    const due = cron.spec.suspend === true ? undefined : lastDue(cron, now)
    const isHeld = cron.spec.concurrencyPolicy === 'Forbid' && running(cron).length > 0
    if (due !== undefined && !isHeld) await startJob(cron, due)
    await cronJobs.writeStatus(cron, statusOf(cron, isHeld ? undefined : due))
    if (cron.spec.suspend === true) return
    return { requeueAfterMs: (nextTime(cron, now) ?? now) - now }
  }

  async function startJob(cron: CronJob, due: number): Promise<void> {
    if (cron.spec.concurrencyPolicy === 'Replace') {
      for (const job of running(cron)) await jobs.delete(job, { propagationPolicy: 'Background' })
    }
    try {
      await jobs.create(jobFor(cron, due))
    } catch (error) {
      // Named after its time: the same run is never started twice.
      if (!isError(error, 'AlreadyExists')) throw error
    }
  }

  function statusOf(cron: CronJob, due: number | undefined): object {
    const finished = ownJobs(cron).flatMap((job) => (hasSucceeded(job) ? [job.status?.completionTime ?? ''] : []))
    const lastSuccessfulTime = finished.toSorted(compareText).at(-1) ?? cron.status?.lastSuccessfulTime
    const active = running(cron).map(({ metadata }) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      name: metadata.name,
      namespace: metadata.namespace,
      uid: metadata.uid,
    }))
    return {
      ...cron.status,
      ...(due === undefined ? {} : { lastScheduleTime: timestamp(due) }),
      ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
      active: active.length === 0 ? undefined : active,
    }
  }

  async function dropHistory(cron: CronJob): Promise<void> {
    const finished = ownJobs(cron)
      .filter(isOver)
      .toSorted((a, b) => compareText(a.metadata.name, b.metadata.name))
    const succeeded = finished.filter(hasSucceeded)
    const failed = finished.filter((job) => !hasSucceeded(job))
    const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cron.spec
    const old = [...allButLast(succeeded, successfulJobsHistoryLimit), ...allButLast(failed, failedJobsHistoryLimit)]
    for (const job of old) await jobs.delete(job, { propagationPolicy: 'Background' })
  }

  function ownJobs(cron: CronJob): readonly Job[] {
    return jobs.rows.byIndex(byOwner, cron.metadata.uid ?? '')
  }

  function running(cron: CronJob): readonly Job[] {
    return ownJobs(cron).filter((job) => !isOver(job) && job.metadata.deletionTimestamp === undefined)
  }

  return {
    name: 'cron-job',
    watches: [watch(cronJobs.rows, toOwnKey), watch(jobs.rows, toOwnerKeys('CronJob'))],
    reconcile,
  }
}

/** The last scheduled time that has passed since the last run; earlier ones that were missed are skipped. */
function lastDue(cron: CronJob, now: number): number | undefined {
  const since = Date.parse(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp ?? '')
  let due: number | undefined
  for (let time = nextTime(cron, since); time !== undefined && time <= now; time = nextTime(cron, time)) due = time
  return due
}

function nextTime({ spec }: CronJob, after: number): number | undefined {
  const next = nextCronTime(spec.schedule, after)
  if (next === undefined)
    throw new Stalled('InvalidSchedule', `Cannot schedule: ${spec.schedule} is no cron line that fires`)
  return next
}

function jobFor(cron: CronJob, due: number): Job {
  const { name, namespace } = cron.metadata
  const { metadata, spec } = cron.spec.jobTemplate
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${name}-${Math.floor(due / 60_000)}`,
      ...(namespace === undefined ? {} : { namespace }),
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': timestamp(due) },
      ownerReferences: [controllerReference(cron)],
    },
    spec,
  }
}

function allButLast<T>(items: readonly T[], count: number): readonly T[] {
  return items.slice(0, Math.max(0, items.length - count))
}
