// Preemption over a whole member: what has no place gets one, what gives way comes back, and nothing is lost in between.
import { readFileSync } from 'node:fs'
import type { Preemption } from '@flotilla/api/preemption'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { apiVersion, systemNamespace } from '@flotilla/api/group'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, namespaces, pods, priorityClasses } from '@flotilla/machinery/well-known-resources'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aDeployment } from '../test/test-fleet.ts'
import { startWholeFleet } from '../test/whole-fleet.ts'
import type { WholeFleet } from '../test/whole-fleet.ts'

interface Row {
  readonly name: string
  readonly priorityClassName: string
  readonly wants: number
  /** Replicas before the last of them comes, while it runs, and once it has gone. */
  readonly before: number
  readonly during: number
  readonly after: number
}

const page = readFileSync(new URL('../../../docs/scheduling.md', import.meta.url), 'utf8')
const section = page.split(/^### /m).find((text) => text.startsWith('Less important work gives way\n')) ?? ''
const told = /```text\n([^\n]*)\n```/.exec(section)?.[1]
const rows = [...section.matchAll(/^\| (\w+) \| (\w*) ?\| (\d+) \| (\d*) ?\| (\d*) ?\| (\d*) ?\|/gm)].map(
  ([, name = '', priorityClassName = '', ...numbers]): Row => {
    const [wants = 0, before = 0, during = 0, after = 0] = numbers.map(Number)
    return { name, priorityClassName, wants, before, during, after }
  },
)

function counted(replicas: (row: Row) => number): Readonly<Record<string, number>> {
  return Object.fromEntries(rows.filter((row) => replicas(row) > 0).map((row) => [row.name, replicas(row)]))
}

let fleet: WholeFleet

/** One member of three nodes of four CPUs. */
beforeEach(async () => {
  fleet = await startWholeFleet(['eu'])
  const { api } = fleet
  for (const name of ['shop', systemNamespace]) {
    await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }).catch(() => {})
  }
  for (const [name, value] of Object.entries({ gold: 1000, silver: 10 })) {
    const kind = { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass' }
    for (const each of [api, fleet.member('eu')])
      await each.create(priorityClasses, { ...kind, metadata: { name }, value })
  }
  await api.create(propagationPolicyResource, aPolicy())
  await fleet.env.advance(60_000)
})
afterEach(() => fleet[Symbol.asyncDispose]())

function aPolicy(): KubeObject {
  return {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: { namespace: 'shop', name: 'all' },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      schedulePriority: { priorityClassSource: 'PodPriorityClass', preemptionPolicy: 'PreemptLowerPriority' },
      placement: { replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Aggregated' } },
    },
  }
}

/** A Deployment whose pods ask for so many CPUs each. */
async function place(
  name: string,
  replicas: number,
  cpu: string,
  priorityClassName = '',
  pod: object = {},
): Promise<void> {
  const containers = [{ name: 'c', image: 'reg.io/c:1', resources: { requests: { cpu } } }]
  const spec = { containers, ...(priorityClassName ? { priorityClassName } : {}), ...pod }
  const template = { metadata: { labels: { app: name } }, spec }
  await fleet.api.create(deployments, aDeployment(name, { replicas, template }))
}

async function scale(name: string, replicas: number): Promise<void> {
  await fleet.api.patch(deployments, { namespace: 'shop', name }, { type: 'merge', patch: { spec: { replicas } } })
}

/** Ready pods on the member, by workload. */
async function ready(): Promise<Readonly<Record<string, number>>> {
  const { items } = await fleet.member('eu').list(pods, { namespace: 'shop' })
  const isReady = (pod: KubeObject) =>
    asDicts(valueAt(pod, 'status', 'conditions')).some((each) => each['type'] === 'Ready' && each['status'] === 'True')
  const counts: Record<string, number> = {}
  for (const pod of items.filter(isReady)) {
    const name = pod.metadata.labels?.['app'] ?? ''
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

async function binding(name: string): Promise<ResourceBinding | undefined> {
  const { items } = await fleet.api.list<ResourceBinding>(resourceBindingResource)
  return items.find(({ spec }) => spec.workloads[0]?.ref.name === name)
}

async function preemption(name: string): Promise<Preemption | undefined> {
  return (await binding(name))?.spec.preemption
}

async function until(what: string, isThere: () => Promise<boolean>, seconds = 400): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    if (await isThere()) return
    await fleet.env.advance(1_000)
  }
  throw new Error(`${what} did not come within ${seconds} s`)
}

const hasEnded = (name: string) => async () => (await preemption(name))?.ended !== undefined

/** Everything that the hub has said of giving way, in order, until it has ended. */
async function watchSteps(name: string, onStep: () => Promise<void>): Promise<readonly string[]> {
  const steps: string[] = []
  await until(`the end of ${name}'s preemption`, async () => {
    const { freed, ended, outcome } = (await preemption(name)) ?? { freed: 'no', ended: undefined, outcome: undefined }
    const step = ended === undefined ? (freed === 'no' ? 'None' : freed === undefined ? 'Recorded' : 'Freed') : outcome
    if (step !== undefined && steps.at(-1) !== step) {
      steps.push(step)
      await onStep()
    }
    return ended !== undefined
  })
  return steps
}

/** Somebody's own Deployment on the member. */
async function placeLocally(name: string, replicas: number, cpu: string): Promise<void> {
  const containers = [{ name: 'c', image: 'reg.io/c:1', resources: { requests: { cpu } } }]
  const template = { metadata: { labels: { app: name } }, spec: { containers } }
  await fleet.member('eu').create(deployments, aDeployment(name, { replicas, template }))
}

describe('preemption', () => {
  test('gives a workload that has no place the room of less important ones, and gives it back later, as the page shows', async () => {
    const [coming, ...there] = rows.toReversed()
    if (coming === undefined) throw new Error('the page has no example')
    for (const { name, wants, priorityClassName } of there) await place(name, wants, '1', priorityClassName)
    await fleet.env.advance(120_000)
    expect(await ready()).toEqual(counted(({ before }) => before))
    await place(coming.name, coming.wants, '1', coming.priorityClassName)
    await until('the place of high', hasEnded(coming.name))
    expect(await preemption(coming.name)).toMatchObject({ cluster: 'eu', replicas: 3, outcome: 'Taken' })
    expect(await ready()).toEqual(counted(({ during }) => during))
    const [verdict] = (await binding('low'))?.spec.decision?.explanation.clusters ?? []
    expect(verdict?.reasons?.map(({ filter, message }) => `${filter}: ${message}`)).toContain(told)
    await scale(coming.name, 0)
    await until('the return of low', async () => (await ready())['low'] === 8)
    expect(await ready()).toEqual(counted(({ after }) => after))
  })

  test('goes on where it was after a restart between any two steps, and keeps the object of whoever has nothing left', async () => {
    await place('low', 12, '1')
    await fleet.env.advance(120_000)
    const uid = async () => (await fleet.member('eu').get(deployments, { namespace: 'shop', name: 'low' })).metadata.uid
    const before = await uid()
    await place('high', 1, '3', 'gold')
    const steps = await watchSteps('high', () => fleet.restart())
    expect(steps).toEqual(['None', 'Recorded', 'Freed', 'Taken'])
    await until('the return of low', async () => (await ready())['low'] === 9)
    expect([await ready(), await uid()]).toEqual([{ low: 9, high: 1 }, before])
  })

  test('ends where the room was lost to others, returns it, and is not tried again for an hour', async () => {
    await place('low', 12, '1')
    await fleet.env.advance(120_000)
    await place('high', 3, '1', 'gold')
    await until('the record', async () => (await preemption('high')) !== undefined)
    await placeLocally('local', 3, '1')
    await until('the end', hasEnded('high'), 700)
    expect((await preemption('high'))?.outcome).toBe('NotTaken')
    expect(await ready()).toEqual({ low: 9, local: 3 })
    const { since } = (await preemption('high')) ?? {}
    await fleet.member('eu').delete(deployments, { namespace: 'shop', name: 'local' })
    await until('what comes free for the most important', async () => (await ready())['high'] === 3)
    expect(await ready()).toEqual({ low: 9, high: 3 })
    await scale('high', 4)
    await fleet.env.advance(400_000)
    expect([(await preemption('high'))?.since, await ready()]).toEqual([since, { low: 9, high: 3 }])
  })

  test.each([
    {
      name: 'while pods of others wait for the room',
      async given() {
        await placeLocally('local', 2, '1')
      },
    },
    {
      name: 'while the hub is told to stop',
      async given() {
        const metadata = { namespace: systemNamespace, name: 'preemption' }
        await fleet.api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { stopped: 'true' } })
      },
    },
    {
      name: 'while the room of the member cannot be read',
      async given() {
        const refuses = (resource?: Resource) =>
          resource?.plural === 'pods' ? new FlotillaError('Forbidden', 'pods may not be listed') : undefined
        Object.assign(fleet.lies['eu'] ?? {}, { refuses })
      },
    },
    {
      name: 'for pods that need more than room',
      async given() {},
      pod: { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] },
    },
  ])('takes nothing $name', async ({ given, pod = {} }) => {
    await place('low', 12, '1')
    await fleet.env.advance(120_000)
    await given()
    await place('high', 3, '1', 'gold', pod)
    await fleet.env.advance(300_000)
    expect([await preemption('high'), (await ready())['low']]).toEqual([undefined, 12])
  })
})
