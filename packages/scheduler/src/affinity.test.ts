import { loadCel } from '@flotilla/machinery/cel/program'
import { beforeAll, describe, expect, it } from 'vitest'
import { matchAffinity } from './affinity.ts'
import { aClusterRow, aRequest, byWeight } from './fixtures.ts'
import { schedule } from './schedule.ts'
import { createSnapshot } from './snapshot.ts'

const cluster = aClusterRow({
  name: 'eu-1',
  labels: { env: 'prod' },
  region: 'eu-west-1',
  zones: ['a', 'b'],
  kubernetesVersion: 'v1.36.3',
  nodes: { total: 5, ready: 4 },
  properties: new Map([['gpu.example.com', { values: new Set(['a100', 'h100']), isRead: true }]]),
})

const explanation = { trigger: 'Test', inputHash: 'before', feasible: 0, rejected: {}, clusters: [] }
const aDecision = { forHash: 'before', explanation }

beforeAll(loadCel)

/** Why the cluster is not selected. */
function mismatch(expression: string, row = cluster): string | undefined {
  return matchAffinity({ expression })(row)?.(row)
}

describe('matchAffinity() with an expression', () => {
  it.each([
    ['version and nodes', 'cluster.kubernetesVersion.startsWith("v1.3") && cluster.nodes.ready > 3'],
    ['labels', 'cluster.labels.env == "prod" && !("tier" in cluster.labels)'],
    ['zones', 'cluster.zones.exists(zone, zone in ["b", "c"])'],
    ['properties', '"h100" in cluster.properties["gpu.example.com"]'],
    ['where it is', 'cluster.provider == "" && cluster.region.startsWith("eu-") && cluster.name == "eu-1"'],
    ['newer versions', 'semver(cluster.kubernetesVersion, true).isGreaterThan(semver("1.36.0"))'],
  ])('selects by %s', (_, expression) => {
    expect(mismatch(expression)).toBeUndefined()
  })

  it.each([
    ['is false', 'cluster.nodes.ready > 4', 'the policy wants cluster.nodes.ready > 4, which is false for it'],
    ['is no condition', 'cluster.nodes.ready', 'the policy wants cluster.nodes.ready, which is 4 for it'],
    [
      'fails',
      'cluster.labels.tier == "web"',
      'Cannot evaluate CEL "cluster.labels.tier == "web"": field not found: tier',
    ],
    ['costs too much', `${'[1,2,3,4,5,6,7,8,9].all(x, '.repeat(6)}true${')'.repeat(6)}`, 'it costs more than'],
  ])('does not select where it %s', (_, expression, why) => {
    expect(mismatch(expression)).toContain(why)
  })

  it('does not select what has not told what is asked', () => {
    const unread = aClusterRow({ name: 'new' })
    expect(mismatch('cluster.kubernetesVersion != "v1.30.0"', unread)).toContain('field not found: kubernetesVersion')
  })

  it.each([
    ['leaves', 'because of what people wrote', 'cluster.labels.env == "test"', { held: undefined }],
    ['keeps', 'because of what it reports', 'cluster.nodes.ready > 4', { held: 6 }],
    ['keeps', 'because it has not reported', 'cluster["properties"].site == ["a"]', { held: 6 }],
  ])('%s what a cluster holds that is no longer selected %s', (_, __, expression, want) => {
    const other = aClusterRow({ name: 'us-1', labels: { env: 'test' }, nodes: { total: 9, ready: 9 } })
    const placement = { ...byWeight({ 'eu-1': 1, 'us-1': 1 }), clusterAffinity: { expression } }
    const held = [cluster, other].map(({ name, id }) => ({ name, id, replicas: 6 }))
    const previous = { ...aDecision, clusters: held }
    const request = aRequest({ replicas: 12, placement, previous, isGrowthReady: true })
    const { clusters } = schedule(request, createSnapshot([cluster, other]), { trigger: 'Test' })
    expect(clusters.find(({ name }) => name === 'eu-1')?.replicas || undefined).toBe(want.held)
  })

  it('holds together with all other conditions', () => {
    const match = matchAffinity({ clusterNames: ['us-1'], expression: 'true' })
    expect(match(cluster)?.(cluster)).toContain('names other clusters')
  })
})
