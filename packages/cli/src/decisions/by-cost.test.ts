// What explain and why-not tell of a placement by costs.
import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { priceSheetResource } from '@flotilla/api/price-sheet'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'

let t: TestHub

beforeAll(async () => {
  t = await startTestHub()
  const { api } = t.hub
  const entries = [{ targetCluster: {}, perCPUHour: 0.09, perGiBHour: 0 }]
  const sheet = { apiVersion, kind: 'PriceSheet', metadata: { name: 'list' }, spec: { currency: 'EUR', entries } }
  await api.create(priceSheetResource, sheet)
  await api.create(clusterResource, {
    apiVersion,
    kind: 'Cluster',
    metadata: { name: 'eu' },
    spec: { id: 'id-of-eu', apiEndpoint: 'https://member.example:6443', secretRef: { name: 'eu' }, suspend: true },
  })
  await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const metadata = { name: 'web', namespace: 'shop' }
  await api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata,
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      placement: { replicaScheduling: { replicaSchedulingType: 'Divided' }, objective: { price: 1, latency: 0.01 } },
    },
  })
  const labels = { app: 'web' }
  const container = { name: 'web', image: 'registry.example.com/web', resources: { requests: { cpu: '2' } } }
  const template = { metadata: { labels }, spec: { containers: [container] } }
  const spec = { replicas: 3, selector: { matchLabels: labels }, template }
  await api.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec })
})
afterAll(() => t[Symbol.asyncDispose]())

const run = async (...args: readonly string[]) => (await t.run(...args, '-n', 'shop')).out

it('flotilla explain shows what a replica costs, and what is not known', async () => {
  const explain = () => run('explain', 'deployment/web')
  await expect.poll(explain).toMatch(/COST +PRICE +LATENCY +SEEN/)
  expect(await explain()).toMatch(/eu +Rejected .* 0\.18 +0\.18 +unknown /)
  expect(await explain()).toContain('Costs: EUR for one more replica an hour')
  expect(await explain()).toContain('PriceSheet list for eu')
})

it('flotilla why-not tells what a replica there costs', async () => {
  const whyNot = () => run('why-not', 'deployment/web', '-C', 'eu')
  await expect.poll(whyNot).toContain('objective: a replica there costs 0.18 EUR an hour')
  expect(await whyNot()).toContain('its latency is not known')
})
