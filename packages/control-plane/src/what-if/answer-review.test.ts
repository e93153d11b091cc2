// Reviews of a whole fleet: of what is placed, partly, not at all, and of what only follows.
import { readFileSync } from 'node:fs'
import { apiVersion } from '@flotilla/api/group'
import type { ExplanationStatus } from '@flotilla/api/explanation'
import type { PlanStatus } from '@flotilla/api/plan'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { openApiOfReview } from '@flotilla/api/review'
import { reviews } from '@flotilla/api/reviews'
import type { WhyNotStatus } from '@flotilla/api/why-not'
import type { KubeObject } from '@flotilla/machinery/object'
import { unknownFields } from '@flotilla/machinery/prune'
import type { Schema } from '@flotilla/machinery/schema'
import { validateValue } from '@flotilla/machinery/validate'
import { configMaps, deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aDeployment } from '../../test/test-fleet.ts'
import { startWholeFleet, type WholeFleet } from '../../test/whole-fleet.ts'
import { answers } from './answer-review.ts'

const byRoom = { replicaSchedulingType: 'Divided', weightPreference: { dynamicWeight: 'AvailableReplicas' } }

/** Selects the Deployment of its name. */
function aPolicy(name: string, placement: object, more: object = {}): KubeObject {
  const resourceSelectors = [{ apiVersion: 'apps/v1', kind: 'Deployment', name }]
  const spec = { resourceSelectors, placement, ...more }
  return { apiVersion, kind: 'PropagationPolicy', metadata: { namespace: 'shop', name }, spec }
}

/** A Deployment whose pods ask for one CPU each, and use a ConfigMap. */
function ofCpus(name: string, replicas: number): KubeObject {
  const envFrom = [{ configMapRef: { name: 'settings' } }]
  const containers = [{ name: 'c', image: 'reg.io/c:1', envFrom, resources: { requests: { cpu: '1' } } }]
  return aDeployment(name, { replicas, template: { metadata: { labels: { app: name } }, spec: { containers } } })
}

let fleet: WholeFleet

beforeAll(async () => {
  // Each member has three nodes of four CPUs.
  fleet = await startWholeFleet(['eu', 'us'])
  const { api } = fleet
  await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await api.create(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'shop', name: 'settings' },
  })
  await api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name: 'lonely' } })
  const replicaScheduling = byRoom
  const policies = [
    aPolicy('placed', { replicaScheduling, clusterAffinity: { clusterNames: ['eu', 'mars'] } }),
    aPolicy('partly', { replicaScheduling }),
    aPolicy('unplaced', { replicaScheduling, clusterAffinity: { clusterNames: ['mars'] } }),
  ]
  for (const policy of policies) await api.create(propagationPolicyResource, policy)
  for (const [name, replicas] of [
    ['placed', 4],
    ['partly', 30],
    ['unplaced', 2],
  ] as const) {
    await api.create(deployments, ofCpus(name, replicas))
    await fleet.env.advance(60_000)
  }
  await fleet.env.advance(300_000)
})
afterAll(() => fleet[Symbol.asyncDispose]())

const deployment = (name: string) => ({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name })
const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace: 'shop', name })

async function ask<Status>(kind: string, spec: object): Promise<Status> {
  const review = { apiVersion, kind, metadata: { name: '' }, spec }
  const { resource } = reviews.find((each) => each.resource.kind === kind) ?? {}
  const answering = answers.get(resource?.plural ?? '')?.({ env: fleet.env, api: fleet.api, review })
  if (answering === undefined) throw new Error(`nothing answers a ${kind}`)
  const status = (await fleet.env.complete(answering, { limitMs: 60_000, what: kind })) as Status
  const answer = { ...review, status }
  expect(causesOf(kind, answer)).toEqual([])
  return status
}

/** What the published JSON schema has against the answer, and what it does not know of it. */
function causesOf(kind: string, answer: object): readonly unknown[] {
  const page = kind.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
  const file = new URL(`../../../../docs/reference/${page}.schema.json`, import.meta.url)
  const published = { root: JSON.parse(readFileSync(file, 'utf8')) as Schema, resolve: () => undefined }
  const review = reviews.find(({ resource }) => resource.kind === kind)
  const root = review && openApiOfReview(review, 'answer')
  const unknown = root ? unknownFields({ root, resolve: () => undefined }, answer) : ['no such review']
  return [...validateValue(published, answer), ...unknown]
}

describe('an Explanation', () => {
  test('tells of placed work where it is, why, and which cluster nobody registered', async () => {
    const { role, answers } = await ask<ExplanationStatus>('Explanation', { template: deployment('placed') })
    expect(role).toBe('Workload')
    const [answer] = answers
    expect(answer).toMatchObject({ workload: { name: 'placed' }, policy: { name: 'placed' }, replicas: 4 })
    expect(answer?.unknownClusters).toEqual([{ name: 'mars', field: 'spec.placement.clusterAffinity.clusterNames' }])
    expect(answer?.verdicts.map(({ name, verdict, why }) => [name, verdict, why])).toEqual([
      ['eu', 'Chosen', 'by free room: 4 of 4'],
      ['us', 'Rejected', undefined],
    ])
    expect(answer?.verdicts[1]?.reasons).toEqual([
      { filter: 'ClusterAffinity', message: 'the policy names other clusters, not us' },
    ])
  })

  test('tells of partly placed work how much has no place, and why', async () => {
    const { answers } = await ask<ExplanationStatus>('Explanation', { template: deployment('partly') })
    const { shortfall } = answers[0]?.decision ?? {}
    expect(shortfall?.missingReplicas).toBe(10)
    expect(shortfall?.message).toContain('20 of 30 replicas have a place')
  })

  test('tells of unplaced work what speaks against every cluster', async () => {
    const { answers } = await ask<ExplanationStatus>('Explanation', { template: deployment('unplaced') })
    expect(answers[0]?.decision).toMatchObject({ clusters: [], shortfall: { missingReplicas: 2 } })
    expect(answers[0]?.verdicts.map(({ verdict, reasons = [] }) => [verdict, reasons.length])).toEqual([
      ['Rejected', 1],
      ['Rejected', 1],
    ])
  })

  test('tells of what follows whom it follows, and of all of them', async () => {
    const { role, answers } = await ask<ExplanationStatus>('Explanation', { template: configMap('settings') })
    expect(role).toBe('Follower')
    expect(answers.map(({ workload }) => workload.name).sort()).toEqual(['partly', 'placed', 'unplaced'])
  })

  test('tells of what no policy selects that it goes nowhere', async () => {
    expect(await ask('Explanation', { template: configMap('lonely') })).toEqual({ role: 'None', answers: [] })
  })
})

describe('a WhyNot', () => {
  test.each([
    {
      name: 'placed work',
      template: deployment('placed'),
      want: [
        ['eu', 'Placed'],
        ['us', 'Barred'],
      ],
    },
    {
      name: 'partly placed work',
      template: deployment('partly'),
      want: [
        ['eu', 'Placed'],
        ['us', 'Placed'],
      ],
    },
    {
      name: 'unplaced work',
      template: deployment('unplaced'),
      want: [
        ['eu', 'Barred'],
        ['us', 'Barred'],
      ],
    },
    { name: 'what nobody selects', template: configMap('lonely'), want: [] },
  ])('answers of $name', async ({ template, want }) => {
    const { answers } = await ask<WhyNotStatus>('WhyNot', { template })
    expect(answers.map(({ cluster, verdict }) => [cluster, verdict])).toEqual(want)
    for (const { verdict, reasons, relax } of answers) {
      expect(reasons.length).toBeGreaterThan(0)
      expect(relax.length > 0).toBe(verdict === 'Barred')
    }
  })

  test('answers of what follows for each that it goes with', async () => {
    const spec = { template: configMap('settings'), clusters: ['us'] }
    const { answers } = await ask<WhyNotStatus>('WhyNot', spec)
    const found = answers.map(({ workload, cluster, verdict }) => [workload.name, cluster, verdict])
    expect(found.map((each) => each.join(' ')).sort()).toEqual([
      'partly us Placed',
      'placed us Barred',
      'unplaced us Barred',
    ])
  })
})

describe('a Plan', () => {
  test('says what a template that is taken away leaves to others', async () => {
    const { workloads, totals } = await ask<PlanStatus>('Plan', { remove: [deployment('placed')] })
    expect(workloads.map(({ workload, removal, missing }) => [workload.name, removal, missing])).toEqual([
      ['placed', 'Deleted', { from: 0, to: 0 }],
      ['partly', undefined, { from: 10, to: 6 }],
    ])
    expect(totals).toMatchObject({ added: 4, removed: 4, moved: 0 })
  })

  test('leaves what a policy placed that is taken away', async () => {
    const policy = { apiVersion, kind: 'PropagationPolicy', namespace: 'shop', name: 'partly' }
    expect((await ask<PlanStatus>('Plan', { remove: [policy] })).workloads).toEqual([])
  })

  test('says what a policy takes over from one that is taken away', async () => {
    const metadata = { namespace: 'shop', name: 'z-placed' }
    const apply = [{ ...aPolicy('placed', { clusterAffinity: { clusterNames: ['us'] } }), metadata }]
    const remove = [{ apiVersion, kind: 'PropagationPolicy', namespace: 'shop', name: 'placed' }]
    expect((await ask<PlanStatus>('Plan', { apply })).workloads).toEqual([])
    const { workloads } = await ask<PlanStatus>('Plan', { apply, remove })
    expect(workloads[0]).toMatchObject({ workload: { name: 'placed' }, policy: { name: 'z-placed' } })
    expect(workloads[0]?.moves).toEqual([
      { cluster: 'eu', from: 4, to: 0 },
      { cluster: 'us', from: 0, to: 4 },
    ])
  })

  test('keeps the copies of a template whose policy preserves them, and their room', async () => {
    const policy = aPolicy('placed', {}, { preserveResourcesOnDeletion: true })
    const spec = { ...(policy['spec'] as object), placement: { clusterAffinity: { clusterNames: ['eu'] } } }
    const { workloads } = await ask<PlanStatus>('Plan', {
      apply: [{ ...policy, spec }],
      remove: [deployment('placed')],
    })
    expect(workloads.map(({ workload, removal, moves }) => [workload.name, removal, moves])).toEqual([
      ['placed', 'Preserved', []],
    ])
  })

  test('says in which waves it comes about: what grows first, then what leaves', async () => {
    const toUs = aPolicy('placed', { replicaScheduling: byRoom, clusterAffinity: { clusterNames: ['us'] } })
    const apply = [{ ...toUs, metadata: { namespace: 'shop', name: 'z-placed' } }]
    const policy = { apiVersion, kind: 'PropagationPolicy', namespace: 'shop', name: 'placed' }
    const { waves } = await ask<PlanStatus>('Plan', { apply, remove: [policy, deployment('partly')] })
    const told = waves.map(({ moves }) =>
      moves.map(({ workload, cluster, from, to }) => `${workload.name} ${cluster}: ${from} -> ${to}`),
    )
    expect(told).toMatchInlineSnapshot(`
      [
        [
          "partly eu: 8 -> 0",
          "partly us: 12 -> 0",
        ],
        [
          "placed us: 0 -> 4",
        ],
        [
          "placed eu: 4 -> 0",
        ],
      ]
    `)
  })

  test('says what stays where it is for want of room elsewhere', async () => {
    const { workloads, totals } = await ask<PlanStatus>('Plan', { drain: ['eu'] })
    const partly = workloads.find(({ workload }) => workload.name === 'partly')
    expect(partly).toMatchObject({ moves: [{ cluster: 'eu', from: 8, to: 0 }], missing: { from: 10, to: 18 } })
    expect(partly?.staying).toEqual([{ cluster: 'eu', replicas: 8 }])
    expect(totals.emptied).toEqual([])
  })
})

describe('a review', () => {
  const template = deployment('placed')
  test.each([
    {
      name: 'a field that there is not',
      kind: 'WhyNot',
      spec: { template, cluster: 'eu' },
      want: 'unknown field "cluster"',
    },
    { name: 'no template', kind: 'Explanation', spec: {}, want: 'spec.template' },
    {
      name: 'a template that there is not',
      kind: 'Explanation',
      spec: { template: deployment('x') },
      want: 'Cannot find Deployment x in namespace shop',
    },
    {
      name: 'a kind that there is not',
      kind: 'Explanation',
      spec: { template: { ...template, kind: 'X' } },
      want: 'does not serve X of apps/v1',
    },
    {
      name: 'a cluster that there is not',
      kind: 'WhyNot',
      spec: { template, clusters: ['mars'] },
      want: 'registered: eu, us',
    },
    {
      name: 'an object without a name',
      kind: 'Plan',
      spec: { apply: [{ apiVersion: 'v1', kind: 'Namespace' }] },
      want: 'spec.apply[0]',
    },
    {
      name: 'an object to take away that there is not',
      kind: 'Plan',
      spec: { remove: [deployment('x')] },
      want: '"x" not found',
    },
    {
      name: 'a cluster to take away',
      kind: 'Plan',
      spec: { remove: [{ apiVersion, kind: 'Cluster', name: 'eu' }] },
      want: 'lose',
    },
    {
      name: 'a namespace to take away',
      kind: 'Plan',
      spec: { remove: [{ apiVersion: 'v1', kind: 'Namespace', name: 'shop' }] },
      want: 'name what is in it',
    },
    { name: 'a factor below zero', kind: 'Plan', spec: { load: [{ factor: -1 }] }, want: 'spec.load[0].factor' },
    {
      name: 'a selector that is none',
      kind: 'Plan',
      spec: { load: [{ factor: 1, selector: 'a in' }] },
      want: 'load of a in',
    },
  ])('refuses $name', async ({ kind, spec, want }) => {
    await expect(ask(kind, spec)).rejects.toThrow(want)
  })
})
