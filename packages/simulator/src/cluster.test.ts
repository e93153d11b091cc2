import { deployments, nodes, pods } from '@flotilla/machinery/well-known-resources'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { expect, test } from 'vitest'
import { createSimulatedCluster } from './cluster.ts'
import type { Deployment, Node, Pod } from './kinds.ts'

test('createSimulatedCluster() runs a Deployment', async () => {
  const env = createVirtualEnv({ seed: 1 })
  const cluster = await env.complete(createSimulatedCluster({ env, name: 'eu-1', nodes: 2, podStartMs: 2000 }), {
    limitMs: 60_000,
    what: 'start',
  })
  await env.advance(1000)
  console.log(env.logs.filter((l) => l.level !== 'debug').slice(0, 5), env.logs.length)
  const labels = { app: 'web' }
  await cluster.api.create(deployments, {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 3,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'a', image: 'nginx', resources: { requests: { cpu: '500m' } } }] },
      },
    },
  })
  await env.advance(10_000)
  const d = await cluster.api.get<Deployment>(deployments, { namespace: 'default', name: 'web' })
  console.log(JSON.stringify(d.status, null, 1))
  console.log(
    (await cluster.api.list<Pod>(pods)).items.map((p) => [
      p.metadata.name,
      p.spec.nodeName,
      p.status?.phase,
      p.status?.podIP,
    ]),
  )
  console.log(JSON.stringify((await cluster.api.list<Node>(nodes)).items[0]))
  console.log(env.logs.filter((l) => l.level !== 'debug').slice(0, 10), env.logs.slice(0, 10))
  expect(d.status?.readyReplicas).toBe(3)
  await env.complete(cluster.stop(), { limitMs: 60_000, what: 'stop' })
})
