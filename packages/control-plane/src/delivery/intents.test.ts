import { createHmac } from 'node:crypto'
import type { Cluster } from '@flotilla/api/cluster'
import { overridePolicyResource } from '@flotilla/api/override-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../../test/test-fleet.ts'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'
import { Intents, type Statement } from './intents.ts'
import { defaultSettings } from './settings.ts'

let t: TestHub
let hashes: number

beforeEach(async () => {
  t = await startTestHub()
  hashes = 0
})
afterEach(() => t[Symbol.asyncDispose]())

const template: KubeObject = {
  ...aDeployment('web'),
  metadata: { namespace: 'shop', name: 'web', uid: 'uid-web', generation: 1 },
}

function aCluster(name: string): Cluster {
  return { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Cluster', metadata: { name }, spec: { id: `id-${name}` } }
}

/** What is stated on each of the clusters, each with a share of its own. */
function statementsOn(intents: Intents, shares: Readonly<Record<string, number>>): readonly Statement[] {
  return Object.entries(shares).map(([name, replicas]) => {
    const clusters = [{ name, id: `id-${name}`, replicas }]
    const explanation = { trigger: 'Test', inputHash: 'x', feasible: 1, rejected: {}, clusters: [] }
    const decision = { forHash: 'x', clusters, explanation }
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', uid: 'uid-web' }
    const spec = { workloads: [{ ref, components: [] }], decision }
    const binding = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'ResourceBinding', metadata: { name: 'b' }, spec }
    const [entry = clusters[0] as never] = clusters
    const claim = { binding, role: 'workload' as const, templateUid: 'uid-web', decision, entry }
    const input = { template, claims: [claim], cluster: aCluster(name), served: { resource: deployments } }
    return intents.statement({ ...input, row: undefined, settings: defaultSettings }, new Map())
  })
}

function countingIntents(): Intents {
  const hmac = (text: string) => {
    hashes++
    return createHmac('sha256', 'key').update(text).digest('base64url')
  }
  return new Intents(t.hub, hmac, () => false)
}

describe('Intents.statement()', () => {
  test('renders once for all clusters that nothing sets apart', () => {
    const intents = countingIntents()
    const [first, ...others] = statementsOn(intents, { m1: 2, m2: 2, m3: 3 })
    expect(hashes).toBe(2)
    expect(others[0]?.hash).toBe(first?.hash)
    expect(others[1]?.hash).not.toBe(first?.hash)
  })

  test('renders anew for a cluster that an override is for', async () => {
    await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    await t.api.create(overridePolicyResource, {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'OverridePolicy',
      metadata: { namespace: 'shop', name: 'label' },
      spec: {
        resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
        overrideRules: [
          {
            targetCluster: { clusterNames: ['m2'] },
            overriders: { labelsOverrider: [{ operator: 'add', value: { tier: 'gold' } }] },
          },
        ],
      },
    })
    await t.env.advance(1_000)
    const [first, second, third] = statementsOn(countingIntents(), { m1: 2, m2: 2, m3: 2 })
    expect(hashes).toBe(2)
    expect(third?.hash).toBe(first?.hash)
    expect(second?.hash).not.toBe(first?.hash)
    expect(second?.render().object.metadata.labels).toMatchObject({ tier: 'gold' })
  })

  test('renders anew after overrides have changed', () => {
    const intents = countingIntents()
    statementsOn(intents, { m1: 2 })
    intents.renderingChanged()
    statementsOn(intents, { m1: 2 })
    expect(hashes).toBe(2)
  })
})
