import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { createSimulatedCluster, type SimulatedCluster } from '@flotilla/simulator/cluster'
import { secrets } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../../test/test-hub.ts'
import { joinCluster, type JoinRequest } from './join.ts'

let hub: TestHub
let member: SimulatedCluster
let other: SimulatedCluster

beforeEach(async () => {
  hub = await startTestHub()
  member = await aMember('one')
  other = await aMember('two')
})
afterEach(async () => {
  for (const each of [member, other])
    await hub.env.complete(each.stop(), { limitMs: 60_000, what: 'the end of a member' })
  await hub[Symbol.asyncDispose]()
})

function aMember(name: string): Promise<SimulatedCluster> {
  const starting = createSimulatedCluster({ env: hub.env, name, nodes: 1, podStartMs: 100 })
  return hub.env.complete(starting, { limitMs: 60_000, what: `member ${name}` })
}

/** Simulated members issue no tokens: their HTTP front does. */
function withTokens(api: KubeApi): KubeApi {
  const token = { status: { token: 'issued' } }
  const raw: KubeApi['raw'] = (request) =>
    request.path.endsWith('/token')
      ? Promise.resolve({ code: 201, contentType: 'application/json', body: token })
      : api.raw(request)
  return { ...api, raw }
}

function join(name: string, cluster = member, given: Partial<JoinRequest> = {}): Promise<Cluster> {
  const endpoint = { server: `https://${cluster.name}.example.com` }
  return joinCluster({ name, hub: hub.api, member: withTokens(cluster.api), endpoint, ...given })
}

async function registered(): Promise<readonly string[]> {
  const { items } = await hub.api.list<Cluster>(clusterResource)
  return items.map(({ metadata, spec }) => `${metadata.name} ${spec.apiEndpoint}`)
}

describe('joinCluster()', () => {
  test('registers a cluster once: again under its name renews its credentials', async () => {
    const first = await join('eu')
    const again = await join('eu')
    expect([again.metadata.uid, again.spec.id]).toEqual([first.metadata.uid, first.spec.id])
    expect(await registered()).toEqual(['eu https://one.example.com'])
  })

  test('keeps labels, region and provider when joining again gives others or none', async () => {
    await join('eu', member, { region: 'eu-1', provider: 'aws', labels: { tier: 'gold', team: 'a' } })
    const kept = { apiEndpoint: 'https://moved.example.com', region: 'eu-1', provider: 'own' }
    const given = { endpoint: { server: kept.apiEndpoint }, provider: 'own', labels: { team: 'b' } }
    const planned = await join('eu', member, { ...given, dryRun: true })
    const again = await join('eu', member, given)
    for (const { metadata, spec } of [planned, again]) {
      expect(metadata.labels).toEqual({ tier: 'gold', team: 'b' })
      expect(spec).toMatchObject(kept)
    }
  })

  test('refuses the same cluster under another name, naming both, and changes nothing', async () => {
    const { spec } = await join('eu')
    await expect(join('us')).rejects.toMatchObject({
      code: 'Conflict',
      message: `Cannot join as us: this cluster (${spec.id}) is registered as eu. Use that name, or run flotilla unjoin eu first`,
    })
    expect(await registered()).toEqual(['eu https://one.example.com'])
    expect((await hub.api.list(secrets, { namespace: 'flotilla-system' })).items).toHaveLength(1)
  })

  test('refuses a name that belongs to another cluster, and changes nothing on either side', async () => {
    const { spec } = await join('eu')
    const { revision } = other.server.store
    await expect(join('eu', other)).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringMatching(
        `^Cannot join as eu: the name belongs to cluster ${spec.id}, this one is .*flotilla unjoin eu first`,
      ) as string,
    })
    expect(await registered()).toEqual(['eu https://one.example.com'])
    expect(other.server.store.revision).toBe(revision)
  })

  test('sends to unjoin --force, with what was told of it, when the cluster at an address was wiped', async () => {
    const endpoint = { server: 'https://one.example.com' }
    await join('eu', member, { region: 'eu-1', provider: 'own', labels: { tier: 'gold' } })
    await expect(join('eu', other, { endpoint })).rejects.toMatchObject({
      code: 'Conflict',
      message: expect.stringMatching(
        'and another answers there, .*: it was wiped or replaced. Next: flotilla unjoin eu --force, then ' +
          'flotilla join eu --cluster-kubeconfig FILE --region eu-1 --provider own --label tier=gold$',
      ) as string,
    })
  })
})
