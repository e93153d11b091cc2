import { jobs, pods } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster, aJob } from '../../test/scenario.ts'
import type { CronJob, Job } from '../kinds.ts'
import { failAnnotation, runMsAnnotation } from '../nodes/kubelet.ts'
import { cronJobs } from '../resources.ts'

const verdict = (job: Job | undefined) =>
  job?.status?.conditions?.filter(({ status }) => status === 'True').map(({ type, reason }) => `${type} ${reason}`)

describe('createJobController()', () => {
  test('runs so many pods at once, until so many have succeeded', async () => {
    await using scenario = await aCluster()
    const annotations = { [runMsAnnotation]: '10000' }
    await scenario.create(jobs, aJob('count', { annotations, spec: { parallelism: 2, completions: 5 } }))
    await scenario.env.advance(5000)
    expect((await scenario.get<Job>(jobs, 'count'))?.status).toMatchObject({ active: 2, ready: 2 })
    await scenario.env.advance(60_000)
    const done = await scenario.get<Job>(jobs, 'count')
    expect(done?.status).toMatchObject({ succeeded: 5, ready: 0 })
    expect(done?.status?.active).toBeUndefined()
    expect(done?.status?.completionTime).toBeDefined()
    expect(verdict(done)).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached'])
    const phases = (await scenario.listPods()).map(({ status }) => status?.phase)
    expect(phases).toEqual(Array(5).fill('Succeeded'))
    expect((await scenario.listPods())[0]?.metadata.labels).toMatchObject({ 'job-name': 'count' })
    expect(scenario.complaints()).toEqual([])
  })

  test('tries again with pauses, and fails past its limit', async () => {
    await using scenario = await aCluster()
    await scenario.create(
      jobs,
      aJob('broken', { annotations: { [failAnnotation]: 'true' }, spec: { backoffLimit: 2 } }),
    )
    await scenario.env.advance(10_000)
    expect((await scenario.get<Job>(jobs, 'broken'))?.status?.failed).toBe(1)
    await scenario.env.advance(120_000)
    const failed = await scenario.get<Job>(jobs, 'broken')
    expect(failed?.status?.failed).toBe(3)
    expect(verdict(failed)).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded'])
    expect(await scenario.listPods()).toHaveLength(3)
  })

  test('counts restarts of one pod with restartPolicy OnFailure', async () => {
    await using scenario = await aCluster()
    const pod = { restartPolicy: 'OnFailure' as const }
    await scenario.create(jobs, aJob('broken', { image: 'fail', pod, spec: { backoffLimit: 1 } }))
    await scenario.env.advance(300_000)
    expect(verdict(await scenario.get<Job>(jobs, 'broken'))).toContain('Failed BackoffLimitExceeded')
  })

  test('ends past its deadline', async () => {
    await using scenario = await aCluster()
    const annotations = { [runMsAnnotation]: '3600000' }
    await scenario.create(jobs, aJob('slow', { annotations, spec: { activeDeadlineSeconds: 30 } }))
    await scenario.env.advance(60_000)
    expect(verdict(await scenario.get<Job>(jobs, 'slow'))).toContain('Failed DeadlineExceeded')
    expect(await scenario.listPods()).toEqual([])
  })

  test('runs nothing while suspended', async () => {
    await using scenario = await aCluster()
    await scenario.create(jobs, aJob('later', { spec: { suspend: true } }))
    await scenario.env.advance(5000)
    expect(await scenario.listPods()).toEqual([])
    expect(verdict(await scenario.get<Job>(jobs, 'later'))).toEqual(['Suspended JobSuspended'])
    await scenario.patch(jobs, 'later', { spec: { suspend: false } })
    await scenario.env.advance(10_000)
    expect(verdict(await scenario.get<Job>(jobs, 'later'))).toContain('Complete CompletionsReached')
  })

  test('goes away when its time to live is over', async () => {
    await using scenario = await aCluster()
    await scenario.create(jobs, aJob('short', { spec: { ttlSecondsAfterFinished: 60 } }))
    await scenario.env.advance(30_000)
    expect(await scenario.get<Job>(jobs, 'short')).toBeDefined()
    await scenario.env.advance(90_000)
    expect(await scenario.get<Job>(jobs, 'short')).toBeUndefined()
    expect((await scenario.api.list(pods)).items).toEqual([])
  })
})

describe('createCronJobController()', () => {
  function aCronJob(spec: Partial<CronJob['spec']> = {}): CronJob {
    const jobTemplate = { spec: aJob('tick').spec }
    const metadata = { name: 'tick', namespace: 'default' }
    return {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata,
      spec: { schedule: '*/5 * * * *', jobTemplate, ...spec },
    }
  }

  test('starts a Job at each time and keeps the last three', async () => {
    await using scenario = await aCluster()
    await scenario.create(cronJobs, aCronJob())
    await scenario.env.advance(4 * 60_000)
    expect((await scenario.api.list(jobs)).items).toEqual([])
    await scenario.env.advance(2 * 60_000)
    expect((await scenario.api.list(jobs)).items).toHaveLength(1)
    await scenario.env.advance(30 * 60_000)
    const all = (await scenario.api.list<Job>(jobs)).items
    expect(all).toHaveLength(3)
    expect(all.flatMap(verdict)).toContain('Complete CompletionsReached')
    const status = (await scenario.get<CronJob>(cronJobs, 'tick'))?.status
    expect(status?.lastScheduleTime).toBe('2026-01-01T00:35:00Z')
    expect(scenario.complaints()).toEqual([])
  })

  test('starts none while the last one runs, when told so', async () => {
    await using scenario = await aCluster()
    const template = aJob('tick', { annotations: { [runMsAnnotation]: '3600000' } }).spec
    await scenario.create(cronJobs, aCronJob({ concurrencyPolicy: 'Forbid', jobTemplate: { spec: template } }))
    await scenario.env.advance(30 * 60_000)
    expect((await scenario.api.list(jobs)).items).toHaveLength(1)
  })

  test('starts none while suspended', async () => {
    await using scenario = await aCluster()
    await scenario.create(cronJobs, aCronJob({ suspend: true }))
    await scenario.env.advance(30 * 60_000)
    expect((await scenario.api.list(jobs)).items).toEqual([])
  })
})
