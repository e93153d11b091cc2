// The example of docs/scheduling.md "Room comes free", over a whole member.
import { readFileSync } from 'node:fs'
import { type Cluster, clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { deployments, namespaces, pods, priorityClasses } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

interface Row {
  readonly name: string
  readonly priorityClassName: string
  readonly wants: number
  /** NaN: it does not exist yet. */
  readonly before: number
  readonly after: number
}

const page = readFileSync(new URL('../../../docs/scheduling.md', import.meta.url), 'utf8')
const section = page.split(/^### /m).find((text) => text.startsWith('Room comes free\n')) ?? ''
const rows = [...section.matchAll(/^\| (\w+) \| (\w*) ?\| (\d+) \| (\d*) ?\| (\d+) \|/gm)].map(toRow)

function toRow([, name = '', priorityClassName = '', wants, before, after]: RegExpExecArray): Row {
  const held = before === '' ? Number.NaN : Number(before)
  return { name, priorityClassName, wants: Number(wants), before: held, after: Number(after) }
}

const local = { namespace: 'local', name: 'local' }
let fleet: WholeFleet

beforeEach(async () => {
  // Three nodes of four CPUs, of which somebody's own work takes ten.
  fleet = await startWholeFleet(['eu'])
  const eu = fleet.member('eu')
  await eu.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'local' } })
  await eu.create(deployments, { ...ofCpus('local', 10), metadata: local })
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const [name, value] of Object.entries({ gold: 1000, silver: 10 })) {
    const kind = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass' }
    await fleet.api.create(priorityClasses, { ...kind, metadata: { name }, value })
    await eu.create(priorityClasses, { ...kind, metadata: { name }, value })
  }
  await fleet.api.create(propagationPolicyResource, {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: { namespace: 'shop', name: 'all' },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      schedulePriority: { priorityClassSource: 'PodPriorityClass' },
      placement: { replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' } },
    },
  })
  await fleet.env.advance(90_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

/** A Deployment whose pods ask for one CPU each. */
function ofCpus(name: string, replicas: number, priorityClassName = ''): KubeObject {
  const containers = [{ name: 'c', image: 'reg.io/c:1', resources: { requests: { cpu: '1' } } }]
  const spec = { containers, ...(priorityClassName ? { priorityClassName } : {}) }
  return aDeployment(name, { replicas, template: { metadata: { labels: { app: name } }, spec } })
}

async function place({ name, wants, priorityClassName }: Row): Promise<void> {
  await fleet.api.create(deployments, ofCpus(name, wants, priorityClassName))
}

/** Until the hub knows of it: somebody looks for room only later. */
async function endLocalWork(): Promise<void> {
  const shapes = async () =>
    JSON.stringify((await fleet.api.get<Cluster>(clusterResource, { name: 'eu' })).status?.nodeShapes)
  const before = await shapes()
  await fleet.member('eu').delete(deployments, local)
  for (let second = 0; second < 300 && (await shapes()) === before; second += 1) await fleet.env.advance(1_000)
  expect(await shapes()).not.toBe(before)
}

/** Ready pods on the member, by workload. */
async function ready(names: readonly Row[]): Promise<Readonly<Record<string, number>>> {
  const { items } = await fleet.member('eu').list(pods, { namespace: 'shop' })
  const isReady = (pod: KubeObject) =>
    asDicts(valueAt(pod, 'status', 'conditions')).some((each) => each['type'] === 'Ready' && each['status'] === 'True')
  const ofApp = (name: string) => items.filter((pod) => pod.metadata.labels?.['app'] === name && isReady(pod)).length
  return Object.fromEntries(names.map(({ name }) => [name, ofApp(name)]))
}

describe('placement by priority', () => {
  test('offers what comes free by priority, then by age, as the page shows', async () => {
    const waiting = rows.filter(({ before }) => !Number.isNaN(before))
    const coming = rows.filter(({ before }) => Number.isNaN(before))
    expect([waiting.length, coming.length]).toEqual([3, 1])
    for (const row of waiting) {
      await place(row)
      await fleet.env.advance(20_000)
    }
    expect(await ready(waiting)).toEqual(Object.fromEntries(waiting.map(({ name, before }) => [name, before])))
    await endLocalWork()
    for (const row of coming) await place(row)
    await fleet.env.advance(180_000)
    expect(await ready(rows)).toEqual(Object.fromEntries(rows.map(({ name, after }) => [name, after])))
  })
})
