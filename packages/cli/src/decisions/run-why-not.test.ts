import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import type { WhyNotStatus } from '@flotilla/api/why-not'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'

let t: TestHub

beforeAll(async () => {
  t = await startTestHub()
  const { api } = t.hub
  await api.create(clusterResource, {
    apiVersion,
    kind: 'Cluster',
    metadata: { name: 'eu' },
    spec: { id: 'id-of-eu', apiEndpoint: 'https://member.example:6443', secretRef: { name: 'eu' }, suspend: true },
  })
  await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const metadata = { name: 'web', namespace: 'shop' }
  const labels = { app: 'web' }
  await api.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'registry.example.com/web' }] } },
    },
  })
  const weightPreference = { staticWeightList: [{ targetCluster: { clusterNames: ['us'] }, weight: 1 }] }
  await api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata,
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      placement: { replicaScheduling: { replicaSchedulingType: 'Divided', weightPreference } },
    },
  })
})
afterAll(() => t[Symbol.asyncDispose]())

const whyNot = (...args: readonly string[]) => t.run('why-not', 'deployment/web', '-n', 'shop', '-C', 'eu', ...args)

describe('flotilla why-not of what no cluster has', () => {
  it('tells all that speaks against the cluster, and what to change', async () => {
    await expect.poll(async () => (await whyNot()).out).toContain('rules forbid it')
    const { code, err, out } = await whyNot()
    expect([code, err]).toEqual([0, ''])
    expect(out.replaceAll(/(NotReady: it is not Ready: ).*/g, '$1…')).toBe(
      [
        'Deployment shop/web is not on eu: rules forbid it',
        'Why:',
        '  ApiSupport: whether it serves Deployment.apps is not known yet',
        '  NotReady: it is not Ready: …',
        '  Suspended: it is suspended (spec.suspend)',
        '  staticWeightList: its weight is 0 of 0',
        'Smallest change, all of:',
        '  ApiSupport: it serves Deployment of apps/v1',
        '  NotReady: it is Ready again; see flotilla doctor cluster eu',
        '  Suspended: its spec.suspend is off',
        '  staticWeightList: its weight is 1',
        'Then:',
        '  eu: 0 -> 3',
        '',
      ].join('\n'),
    )
  })

  it('gives the same as json', async () => {
    const review = JSON.parse((await whyNot('-o', 'json')).out) as { kind: string; status: WhyNotStatus }
    expect(review.kind).toBe('WhyNot')
    expect(review.status.answers).toMatchObject([
      {
        workload: { kind: 'Deployment', namespace: 'shop', name: 'web' },
        policy: { kind: 'PropagationPolicy', name: 'web' },
        cluster: 'eu',
        verdict: 'Barred',
        replicas: 0,
        total: 3,
        moves: [{ cluster: 'eu', from: 0, to: 3 }],
      },
    ])
  })

  it.each([
    { name: 'no cluster', args: ['why-not', 'deployment/web', '-n', 'shop'], want: "required option '-C, --clusters" },
    { name: 'a format that there is not', args: ['why-not', 'deployment/web', '-C', 'eu', '-o', 'wide'], want: 'wide' },
    { name: 'a template that there is not', args: ['why-not', 'deployment/x', '-C', 'eu'], want: 'Deployment x' },
  ])('refuses $name', async ({ args, want }) => {
    const { code, err } = await t.run(...args)
    expect(err).toContain(want)
    expect(code).toBe(1)
  })
})

describe('flotilla why-not of what must be beside another workload', () => {
  it('says which, and that it is not placed', async () => {
    const { api } = t.hub
    const metadata = { name: 'api', namespace: 'shop' }
    const web = await api.get(deployments, { name: 'web', namespace: 'shop' })
    await api.create(propagationPolicyResource, {
      apiVersion,
      kind: 'PropagationPolicy',
      metadata,
      spec: {
        resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' }],
        placement: { workloadAffinity: { affinity: { labelSelector: { matchLabels: { app: 'cache' } } } } },
      },
    })
    await api.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec: web['spec'] })
    await expect
      .poll(async () => (await t.run('why-not', 'deployment/api', '-n', 'shop', '-C', 'eu')).out)
      .toContain('  WorkloadAffinity: affinity to app=cache: none of them is placed\n')
  })
})

describe('flotilla why-not of what no policy selects any more', () => {
  it('says so', async () => {
    await t.hub.api.delete(propagationPolicyResource, { name: 'web', namespace: 'shop' })
    await expect
      .poll(async () => (await whyNot()).out)
      .toBe(
        [
          'Deployment shop/web is not on eu: rules forbid it',
          'Why:',
          '  policy: no policy selects it any more; what was placed stays, and nothing is added',
          'Smallest change, all of:',
          '  policy: a policy whose resourceSelectors name it',
          '',
        ].join('\n'),
      )
  })
})
