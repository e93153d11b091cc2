// Jobs: pods that run to their end, so many at once and so many in all.
import { watch, type Controller, type Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Cached } from '../cached.ts'
import type { Condition, Job, JobStatus, Pod } from '../kinds.ts'
import { byOwner, toOwnerKeys, toOwnKey } from '../owner.ts'
import { inOrderOfLoss, isActive, isReady, podFrom } from '../pod.ts'
import { randomName } from '../random-name.ts'

export interface JobDeps {
  readonly env: Env
  readonly pods: Cached<Pod>
  readonly jobs: Cached<Job>
}

/** Between a failed pod and the next one; doubled by each failure. */
const retryMs = 10_000
const longestRetryMs = 600_000

interface Verdict {
  readonly type: 'Complete' | 'Failed'
  readonly reason: string
  readonly message: string
}

interface Progress {
  readonly active: readonly Pod[]
  readonly succeeded: number
  readonly failed: number
  /** When the last failed pod was seen to have failed. */
  readonly failedAt: number
}

export function createJobController({ env, pods, jobs }: JobDeps): Controller {
  const failures = new Map<string, { readonly failed: number; readonly at: number }>()

  async function reconcile(key: string): Promise<Result | void> {
    const job = jobs.rows.get(key)
    if (job === undefined) {
      failures.delete(key)
      return
    }
    if (job.metadata.deletionTimestamp !== undefined) return
    const now = env.clock.now()
    if (isOver(job)) return removeWhenOld(job, now)
    const progress = progressOf(key, job, now)
    const verdict = judge(job, progress, now)
    const waitMs = verdict === undefined ? await runPods(job, progress, now) : await endPods(progress.active)
    await jobs.writeStatus(job, statusOf(job, progressOf(key, job, now), verdict, now))
    const next = [waitMs, verdict ? undefined : untilDeadlineMs(job, now)].filter((ms) => ms !== undefined)
    return next.length === 0 ? undefined : { requeueAfterMs: Math.min(...next) }
  }

  function progressOf(key: string, job: Job, now: number): Progress {
    const own = pods.rows.byIndex(byOwner, job.metadata.uid ?? '')
    const failed = own.filter(({ status }) => status?.phase === 'Failed').length + sumOf(own.map(restartsOf))
    const seen = failures.get(key)
    if (failed > 0 && seen?.failed !== failed) failures.set(key, { failed, at: now })
    return {
      active: own.filter(isActive),
      succeeded: own.filter(({ status }) => status?.phase === 'Succeeded').length,
      failed,
      failedAt: failures.get(key)?.at ?? 0,
    }
  }

  /** Brings the running pods to their number. Ms to wait when a failure holds the next one back. */
  async function runPods(job: Job, progress: Progress, now: number): Promise<number | undefined> {
    const missing = wantedPods(job, progress) - progress.active.length
    if (missing < 0) await endPods(inOrderOfLoss(progress.active).slice(0, -missing))
    if (missing <= 0) return undefined
    const pauseMs = progress.failed === 0 ? 0 : Math.min(longestRetryMs, retryMs * 2 ** (progress.failed - 1))
    const leftMs = progress.failedAt + pauseMs - now
    if (progress.failed > 0 && leftMs > 0) return leftMs
    await Promise.all(Array.from({ length: missing }, () => pods.createNamed(() => newPod(job))))
    return undefined
  }

  async function endPods(active: readonly Pod[]): Promise<undefined> {
    await Promise.all(active.map((pod) => pods.delete(pod)))
  }

  async function removeWhenOld(job: Job, now: number): Promise<Result | void> {
    const { ttlSecondsAfterFinished } = job.spec
    if (ttlSecondsAfterFinished === undefined) return
    const endedAt = job.status?.conditions?.find(isFinal)?.lastTransitionTime ?? ''
    const leftMs = Date.parse(endedAt) + ttlSecondsAfterFinished * 1000 - now
    if (leftMs > 0) return { requeueAfterMs: leftMs }
    await jobs.delete(job, { propagationPolicy: 'Background' })
  }

  function newPod(job: Job): Pod {
    const { name, uid = '' } = job.metadata
    const labels = {
      'batch.kubernetes.io/job-name': name,
      'batch.kubernetes.io/controller-uid': uid,
      'job-name': name,
      'controller-uid': uid,
    }
    return podFrom(job, job.spec.template, { name: randomName(name, env.random), generateName: `${name}-`, labels })
  }

  return {
    name: 'job',
    concurrency: 4,
    watches: [watch(jobs.rows, toOwnKey), watch(pods.rows, toOwnerKeys('Job'))],
    reconcile,
  }
}

/** Without `completions`, the first success ends the Job, and no pod follows it. */
function wantedPods({ spec }: Job, { active, succeeded }: Progress): number {
  if (spec.suspend === true) return 0
  const { parallelism = 1, completions } = spec
  if (completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.min(parallelism, completions - succeeded)
}

function judge(job: Job, { active, succeeded, failed }: Progress, now: number): Verdict | undefined {
  const { completions, backoffLimit = 6 } = job.spec
  const isComplete = completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions
  if (isComplete)
    return { type: 'Complete', reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
  if (failed > backoffLimit) {
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' }
  }
  const leftMs = untilDeadlineMs(job, now)
  if (leftMs === undefined || leftMs > 0) return undefined
  return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' }
}

function untilDeadlineMs({ spec, status }: Job, now: number): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || spec.suspend === true) return undefined
  const startedAt = status?.startTime === undefined ? now : Date.parse(status.startTime)
  return startedAt + spec.activeDeadlineSeconds * 1000 - now
}

function statusOf(job: Job, progress: Progress, verdict: Verdict | undefined, now: number): JobStatus {
  const { suspend } = job.spec
  const old = job.status
  const ended = verdict === undefined ? [] : endConditions(verdict, now)
  const conditions = [
    ...(old?.conditions ?? []).filter(({ type }) => type !== 'Suspended'),
    ...suspension(job, now),
    ...ended,
  ]
  const startTime = suspend === true ? undefined : (old?.startTime ?? timestamp(now))
  return {
    ...(startTime === undefined ? {} : { startTime }),
    ...(verdict?.type === 'Complete' ? { completionTime: timestamp(now) } : {}),
    ...(progress.active.length === 0 ? {} : { active: progress.active.length }),
    ...(progress.succeeded === 0 ? {} : { succeeded: progress.succeeded }),
    ...(progress.failed === 0 ? {} : { failed: progress.failed }),
    terminating: 0,
    ready: progress.active.filter(isReady).length,
    ...(conditions.length === 0 ? {} : { conditions }),
  }
}

/** The verdict, and before it the condition that announced it while pods were still ending. */
function endConditions({ type, reason, message }: Verdict, now: number): readonly Condition[] {
  const lastTransitionTime = timestamp(now)
  const announced = type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget'
  return [announced, type].map((name) => ({
    type: name,
    status: 'True' as const,
    lastProbeTime: lastTransitionTime,
    lastTransitionTime,
    reason,
    message,
  }))
}

function suspension({ spec, status }: Job, now: number): readonly Condition[] {
  const old = status?.conditions?.find(({ type }) => type === 'Suspended')
  const wanted = spec.suspend === true ? 'True' : 'False'
  if (old === undefined && wanted === 'False') return []
  if (old?.status === wanted) return [old]
  const [reason, message] = wanted === 'True' ? ['JobSuspended', 'Job suspended'] : ['JobResumed', 'Job resumed']
  return [{ type: 'Suspended', status: wanted, reason, message, lastTransitionTime: timestamp(now) }]
}

export function isOver(job: Job): boolean {
  return job.status?.conditions?.some(isFinal) === true
}

export function hasSucceeded(job: Job): boolean {
  return job.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True') === true
}

function isFinal({ type, status }: Condition): boolean {
  return (type === 'Complete' || type === 'Failed') && status === 'True'
}

/** With restartPolicy OnFailure a pod fails within itself. */
function restartsOf(pod: Pod): number {
  if (pod.spec.restartPolicy !== 'OnFailure') return 0
  return sumOf((pod.status?.containerStatuses ?? []).map(({ restartCount }) => restartCount))
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
