// Bindings whose policy names an external scorer: what it says, what it fails to say, and how often it is asked.
import { clusterResource } from '@flotilla/api/cluster'
import { systemNamespace } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { type Decision, type ResourceBinding, resourceBindingResource } from '@flotilla/api/resource-binding'
import { type Scorer, scorerResource } from '@flotilla/api/scorer'
import { deployments, namespaces, secrets } from '@flotilla/machinery/well-known-resources'
import type { RunningController } from '@flotilla/runtime/controller'
import { startController } from '@flotilla/runtime/start-controller'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createReadyCluster, decidingHalf } from '../../../test/deciding-half.ts'
import { startTestHub, type TestHub } from '../../../test/test-hub.ts'
import type { CallScorer, ScorerCall, ScorerReply } from '../scorer/call-scorer.ts'

let t: TestHub
let controllers: readonly RunningController[]
let calls: ScorerCall[]
/** What the scorer does with the next calls. */
let serve: CallScorer

const apiVersion = 'flotilla.dev/v1alpha1'
const ok = (costs: Readonly<Record<string, number | string>>): ScorerReply => {
  const clusters = Object.entries(costs).map(([name, value]) =>
    typeof value === 'number' ? { name, cost: value } : { name, refused: value },
  )
  return { status: 200, body: JSON.stringify({ clusters }) }
}
const answering = (costs: Readonly<Record<string, number | string>>) => {
  serve = () => Promise.resolve(ok(costs))
}
const hanging = () => {
  serve = () => new Promise(() => {})
}

beforeEach(async () => {
  t = await startTestHub()
  calls = []
  await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } })
  for (const name of ['eu', 'us']) await createReadyCluster(t, name, { cpu: '1000', pods: '1000' })
  answering({ eu: 5, us: 1 })
  controllers = decidingHalf(t, (call) => {
    calls.push(call)
    return serve(call)
  }).map((each) => startController(t.env, each))
})
afterEach(async () => {
  for (const each of controllers) await t.env.complete(each.stop(), { limitMs: 60_000, what: 'a controller' })
  await t[Symbol.asyncDispose]()
})

async function createScorer(spec: Partial<Scorer['spec']> = {}, name = 'carbon'): Promise<void> {
  const url = 'https://scorer.example:8443/score'
  await t.api.create(scorerResource, { apiVersion, kind: 'Scorer', metadata: { name }, spec: { url, ...spec } })
}

async function createPolicy(
  failurePolicy: 'Ignore' | 'Fail',
  scorer = 'carbon',
  name = 'all',
  app?: string,
): Promise<void> {
  const selector = { apiVersion: 'apps/v1', kind: 'Deployment', ...(app === undefined ? {} : { name: app }) }
  const objective = { external: { scorer, failurePolicy } }
  const placement = { replicaScheduling: { replicaSchedulingType: 'Divided' }, objective }
  await t.api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: { namespace: 'shop', name },
    spec: { resourceSelectors: [selector], placement },
  })
}

async function place(name: string, replicas: number): Promise<void> {
  const labels = { app: name }
  const container = { name: 'c', image: 'x:1', resources: { requests: { cpu: '1' } } }
  const template = { metadata: { labels }, spec: { containers: [container] } }
  await t.api.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace: 'shop', name },
    spec: { replicas, selector: { matchLabels: labels }, template },
  })
}

async function scale(name: string, replicas: number): Promise<void> {
  await t.api.patch(deployments, { namespace: 'shop', name }, { type: 'merge', patch: { spec: { replicas } } })
}

async function decisionOf(name: string, afterMs = 500): Promise<Decision | undefined> {
  await t.env.advance(afterMs)
  const { items } = await t.api.list<ResourceBinding>(resourceBindingResource)
  return items.find(({ spec }) => spec.workloads[0]?.ref.name === name)?.spec.decision
}

async function placed(name: string, afterMs?: number): Promise<Readonly<Record<string, number>>> {
  const { clusters = [] } = (await decisionOf(name, afterMs)) ?? {}
  return Object.fromEntries(clusters.map((each) => [each.name, each.replicas ?? 0]))
}

describe('createSchedulerController() with an external scorer', () => {
  test('goes by what it says, in one call for all clusters', async () => {
    await createScorer()
    await createPolicy('Fail')
    await place('web', 4)
    expect(await placed('web')).toEqual({ us: 4 })
    expect(calls).toHaveLength(1)
    const [call] = calls
    expect(call?.url).toBe('https://scorer.example:8443/score')
    expect(JSON.parse(call?.body ?? '')).toMatchObject({
      workload: { kind: 'Deployment', namespace: 'shop', name: 'web' },
      replicas: 4,
      clusters: [{ name: 'eu' }, { name: 'us' }],
    })
    const { explanation } = (await decisionOf('web')) ?? {}
    expect(explanation?.scorer).toEqual({ name: 'carbon' })
    expect(explanation?.clusters.map(({ name, cost, costs }) => [name, cost, costs?.external])).toEqual([
      ['us', 1, 1],
      ['eu', 5, 5],
    ])
  })

  test('adds nothing where it refuses, and takes nothing away', async () => {
    await createScorer({ validForSeconds: 10 })
    await createPolicy('Fail')
    await place('web', 4)
    expect(await placed('web')).toEqual({ us: 4 })
    answering({ eu: 5, us: 'no licence' })
    await t.env.advance(11_000)
    await scale('web', 6)
    expect(await placed('web')).toEqual({ eu: 2, us: 4 })
    const us = (await decisionOf('web'))?.explanation.clusters.find(({ name }) => name === 'us')
    expect(us).toMatchObject({ verdict: 'Capped', reasons: [{ filter: 'Scorer', message: 'no licence' }] })
  })

  test('asks once for each decision, and never without one', async () => {
    await createScorer({ validForSeconds: 10 })
    await createPolicy('Ignore')
    await place('web', 4)
    await placed('web', 3_600_000)
    await t.api.patch(clusterResource, { name: 'eu' }, { type: 'merge', patch: { metadata: { labels: { a: 'b' } } } })
    await placed('web', 60_000)
    expect(calls).toHaveLength(1)
    await scale('web', 5)
    await placed('web', 3_600_000)
    expect(calls).toHaveLength(2)
  })

  test('sends the token of its own kind of Secret, and no other', async () => {
    const data = { token: Buffer.from('s3cret\n').toString('base64') }
    const secret = (name: string, type: string) =>
      t.api.create(secrets, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { namespace: systemNamespace, name },
        type,
        data,
      })
    await secret('scorer', 'flotilla.dev/scorer-token')
    await secret('member', 'Opaque')
    await createScorer({ secretRef: { name: 'scorer' } })
    await createScorer({ secretRef: { name: 'member' } }, 'thief')
    await createPolicy('Fail')
    await createPolicy('Fail', 'thief', 'b', 'db')
    await place('web', 1)
    await place('db', 1)
    expect(await placed('web')).toEqual({ us: 1 })
    expect(calls.map(({ token }) => token)).toEqual(['s3cret'])
    expect((await decisionOf('db'))?.shortfall?.message).toBe(
      'nothing is decided without an answer: Scorer thief: its Secret flotilla-system/member is not of type flotilla.dev/scorer-token',
    )
  })

  test.each<{ readonly name: string; readonly does: () => CallScorer; readonly why: string }>([
    { name: 'hangs', does: () => () => new Promise(() => {}), why: 'it did not answer within 2 s' },
    {
      name: 'cannot be reached',
      does: () => () => Promise.reject(new Error('connect ECONNREFUSED')),
      why: 'connect ECONNREFUSED',
    },
    { name: 'fails', does: () => async () => ({ status: 503, body: '' }), why: 'it answered with status 503' },
    {
      name: 'redirects',
      does: () => async () => ({ status: 302, body: '' }),
      why: 'it answered with status 302: redirects are not followed',
    },
    {
      name: 'lies',
      does: () => async () => ok({ eu: -1, us: 1 }),
      why: 'its answer cannot be used: the cost on eu is not a number from 0 to 1000000',
    },
    {
      name: 'forgets a cluster',
      does: () => async () => ok({ us: 1 }),
      why: 'its answer cannot be used: 1 of 2 clusters are missing, such as eu',
    },
  ])('decides without one that $name, or nothing, as the policy says', async ({ does, why }) => {
    await createScorer()
    await createPolicy('Ignore')
    await createPolicy('Fail', 'carbon', 'b', 'db')
    serve = does()
    await place('web', 4)
    await place('db', 4)
    expect(await placed('web', 5_000)).toEqual({ eu: 2, us: 2 })
    expect((await decisionOf('web'))?.explanation.scorer).toEqual({ name: 'carbon', failure: `Scorer carbon: ${why}` })
    const { clusters, shortfall } = (await decisionOf('db')) ?? {}
    expect(clusters).toEqual([])
    expect(shortfall).toEqual({
      reason: 'ScorerFailed',
      message: `nothing is decided without an answer: Scorer carbon: ${why}`,
      missingReplicas: 4,
    })
    const scorer = await t.api.get<Scorer>(scorerResource, { name: 'carbon' })
    expect(scorer.status?.conditions).toMatchObject([{ type: 'Answering', status: 'False', message: why }])
  })

  test('keeps what is placed while it fails, and decides as soon as it answers again', async () => {
    await createScorer({ validForSeconds: 10 })
    await createPolicy('Fail')
    await place('web', 4)
    expect(await placed('web')).toEqual({ us: 4 })
    hanging()
    await scale('web', 6)
    const kept = await decisionOf('web', 60_000)
    expect(kept?.clusters).toMatchObject([{ name: 'us', replicas: 4 }])
    expect(kept?.shortfall).toMatchObject({ reason: 'ScorerFailed', missingReplicas: 2 })
    const asked = calls.length
    expect(asked).toBeLessThan(8)
    expect((await decisionOf('web', 60_000))?.forHash).toBe(kept?.forHash)
    answering({ eu: 1, us: 9 })
    expect(await placed('web', 400_000)).toEqual({ eu: 2, us: 4 })
    const scorer = await t.api.get<Scorer>(scorerResource, { name: 'carbon' })
    expect(scorer.status?.conditions).toMatchObject([{ type: 'Answering', status: 'True' }])
  })

  test('says that there is no such scorer, and goes by it once there is', async () => {
    await createPolicy('Fail')
    await place('web', 2)
    expect((await decisionOf('web'))?.shortfall?.message).toBe(
      'nothing is decided without an answer: Scorer carbon: there is no such Scorer',
    )
    await createScorer()
    expect(await placed('web', 6_000)).toEqual({ us: 2 })
  })

  test('holds nobody else up, however many wait for one that hangs', async () => {
    await createScorer({ timeoutSeconds: 10 })
    await createScorer({ url: 'https://other.example/' }, 'other')
    await createPolicy('Fail', 'carbon', 'b')
    await createPolicy('Fail', 'other', 'a', 'quick')
    serve = ({ url }) => (url.includes('other') ? Promise.resolve(ok({ eu: 1, us: 2 })) : new Promise(() => {}))
    for (let index = 0; index < 300; index += 1) await place(`slow-${index}`, 1)
    await place('quick', 3)
    expect(await placed('quick')).toEqual({ eu: 3 })
    expect(calls.filter(({ url }) => !url.includes('other'))).toHaveLength(8)
    // Once it is known to be down nobody waits for it.
    expect((await decisionOf('slow-299', 11_000))?.shortfall).toMatchObject({ reason: 'ScorerFailed' })
    expect(calls.length).toBeLessThan(20)
  })
})
