// Preemption over random fleets: pods on nodes, what is decided for each workload, and one that has no place.
import fc from 'fast-check'
import { parseQuantity } from '@flotilla/machinery/quantity'
import { describe, expect, test } from 'vitest'
import { aClusterRow, aggregated, aRequest, byRoom, byWeight } from '../fixtures.ts'
import { toPodRequest } from '../fit.ts'
import { isGrowing } from '../holding.ts'
import type { ScheduleRequest, Yield } from '../request.ts'
import { schedule } from '../schedule.ts'
import { createSnapshot, type ShapeRow, type Snapshot } from '../snapshot.ts'
import { askingCpu } from './fixtures.ts'
import { type Host, prepareRoom } from './freed.ts'
import { type Contender, type Proposal, proposePreemption, type Question } from './propose.ts'

const trigger = { trigger: 'Test' }

interface Sketch {
  readonly priority: number
  readonly cpu: number
  readonly replicas: number
  readonly placement: ScheduleRequest['placement']
}

/** CPUs that are free on each node, by cluster. */
type Nodes = Map<string, number[]>

interface World {
  readonly snapshot: Snapshot
  readonly contenders: readonly Contender[]
  readonly hostsOf: (clusterId: string) => readonly Host[]
}

const minOne: ScheduleRequest['placement'] = {
  ...byRoom,
  spreadConstraints: [{ spreadByField: 'cluster', minGroups: 1 }],
}
const deny: ScheduleRequest['placement'] = { ...aggregated, partialPlacement: 'Deny' }

const sketches = fc.record({
  priority: fc.integer({ min: 0, max: 3 }),
  cpu: fc.integer({ min: 1, max: 2 }),
  replicas: fc.integer({ min: 1, max: 4 }),
  placement: fc.constantFrom(aggregated, byRoom, minOne, deny, byWeight({ c0: 1, c1: 1 })),
})
const worlds = fc.record({
  nodes: fc.array(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 2,
  }),
  residents: fc.array(sketches, { minLength: 1, maxLength: 4 }),
  preemptor: fc.record({
    priority: fc.integer({ min: 1, max: 3 }),
    cpu: fc.integer({ min: 1, max: 3 }),
    replicas: fc.integer({ min: 1, max: 4 }),
    placement: fc.constantFrom(aggregated, byRoom, deny),
  }),
})

const shapesOf = (free: readonly number[]): readonly ShapeRow[] =>
  free.map((cpu) => ({ free: new Map([['cpu', parseQuantity(cpu)]]), labels: {}, taints: [], count: 1 }))

function snapshotOf(nodes: Nodes): Snapshot {
  return createSnapshot([...nodes].map(([name, free]) => aClusterRow({ name, shapes: shapesOf(free) })))
}

function requestOf(key: string, { cpu, replicas, placement }: Sketch): ScheduleRequest {
  return aRequest({ templateUID: key, replicas, placement, requirements: askingCpu(cpu), isGrowthReady: true })
}

/** Each is decided in turn, and has its pods put on the first nodes that have room. */
function settleIn(nodes: Nodes, sketched: readonly (readonly [string, Sketch])[]): World {
  const pods = new Map<string, Map<string, number>[]>(
    [...nodes].map(([name, free]) => [name, free.map(() => new Map())]),
  )
  const cpus = new Map(sketched.map(([key, { cpu }]) => [key, cpu]))
  const contenders = sketched.map(([key, sketch]): Contender => {
    const request = requestOf(key, sketch)
    const previous = schedule(request, snapshotOf(nodes), trigger)
    for (const { name, replicas = 0 } of previous.clusters) seat(key, sketch.cpu, name, replicas)
    return { key, priority: sketch.priority, request: { ...request, previous } }
  })
  return { snapshot: snapshotOf(nodes), contenders, hostsOf }

  function seat(key: string, cpu: number, name: string, replicas: number): void {
    const free = nodes.get(name) ?? []
    for (let left = replicas; left > 0; left -= 1) {
      const node = free.findIndex((room) => room >= cpu)
      if (node < 0) return
      free[node] = (free[node] ?? 0) - cpu
      const on = pods.get(name)?.[node]
      on?.set(key, (on.get(key) ?? 0) + 1)
    }
  }

  function hostsOf(id: string): readonly Host[] {
    const name = id.slice('id-'.length)
    return shapesOf(nodes.get(name) ?? []).map((shape, node) => {
      const tenants = [...(pods.get(name)?.[node] ?? [])].map(([key, count]) => {
        const pod = toPodRequest(askingCpu(cpus.get(key) ?? 1))
        return [key, Array.from({ length: count }, () => pod)] as const
      })
      return { ...shape, isOpen: true, tenants: new Map(tenants) }
    })
  }
}

function questionsOf({ nodes, residents, preemptor }: typeof worlds extends fc.Arbitrary<infer Value> ? Value : never) {
  const rooms: Nodes = new Map(nodes.map((free, index) => [`c${index}`, [...free]]))
  const sketched = [...residents.map((each, index) => [`w${index}`, each] as const), ['p', preemptor] as const]
  const world = settleIn(rooms, sketched)
  const own = world.contenders.at(-1)
  return world.snapshot.clusters.flatMap(({ id }): { question: Question; hosts: readonly Host[] }[] => {
    const hosts = world.hostsOf(id)
    if (own?.request.previous?.shortfall === undefined) return []
    // Who has Pending pods is not at rest.
    const counted = (key: string) => hosts.reduce((sum, { tenants }) => sum + (tenants.get(key)?.length ?? 0), 0)
    const others = world.contenders.filter(({ key, request }) => key !== 'p' && counted(key) === heldOn(request, id))
    const roomAfter = prepareRoom(hosts, own.request.requirements)
    return [{ question: { preemptor: own, clusterId: id, others, roomAfter, snapshot: world.snapshot }, hosts }]
  })
}

function heldOn({ previous }: ScheduleRequest, id: string): number {
  return previous?.clusters.find((cluster) => cluster.id === id)?.replicas ?? 0
}

const minimumOf = ({ placement }: ScheduleRequest) => (placement.spreadConstraints === undefined ? 0 : 1)

/** How many of `cpu` CPUs fit once so many pods of each have left, taken from the nodes in an order that `pick` says. */
function fitAfter(
  hosts: readonly Host[],
  gone: ReadonlyMap<string, number>,
  cpu: number,
  pick: (count: number) => number,
): number {
  const free = hosts.map((host) => Number(host.free.get('cpu')?.nanos ?? 0n) / 1e9)
  for (const [key, replicas] of gone) {
    const on = hosts.flatMap(({ tenants }, node) => (tenants.get(key) ?? []).map((pod) => ({ node, pod })))
    for (let left = replicas; left > 0; left -= 1) {
      const [taken] = on.splice(pick(on.length), 1)
      if (taken) free[taken.node] = (free[taken.node] ?? 0) + Number(taken.pod[0]?.[1].nanos ?? 0n) / 1e9
    }
  }
  return free.reduce((sum, room) => sum + Math.floor(room / cpu), 0)
}

/** Nothing of what is as important, is all or nothing or does not go by room, and never below a minimum. */
function expectModest({ others, preemptor }: Question, { victims }: Proposal): void {
  for (const { key, replicas, left } of victims) {
    const victim = others.find((each) => each.key === key)
    expect(victim?.priority).toBeLessThan(preemptor.priority)
    expect(replicas).toBeGreaterThan(0)
    expect(left).toBeGreaterThanOrEqual(victim ? minimumOf(victim.request) : 0)
    expect([aggregated, byRoom, minOne]).toContain(victim?.request.placement)
  }
}

describe('proposePreemption()', () => {
  test('takes only what is less important and may go, and has the preemptor fit afterwards whichever pods leave', () => {
    let proposals = 0
    fc.assert(
      fc.property(worlds, fc.infiniteStream(fc.nat()), (given, random) => {
        const pick = (count: number) => (random.next().value as number) % Math.max(1, count)
        for (const { question, hosts } of questionsOf(given)) {
          const proposal = proposePreemption(question)
          if (proposal === undefined) continue
          proposals += 1
          expectModest(question, proposal)
          const { preemptor, clusterId, snapshot, roomAfter } = question
          const gain = proposal.replicas - heldOn(preemptor.request, clusterId)
          const gone = new Map(proposal.victims.map(({ key, replicas }) => [key, replicas]))
          expect(roomAfter(new Map())).toBeLessThan(gain)
          expect(fitAfter(hosts, gone, given.preemptor.cpu, pick)).toBeGreaterThanOrEqual(gain)
          const grant = { clusterId, replicas: proposal.replicas }
          const decided = schedule({ ...preemptor.request, grant }, snapshot, trigger)
          expect(heldOn({ ...preemptor.request, previous: decided }, clusterId)).toBe(proposal.replicas)
        }
      }),
      { numRuns: 1000 },
    )
    expect(proposals).toBeGreaterThan(50)
  })

  test('proposes the same in whatever order workloads come', () => {
    fc.assert(
      fc.property(worlds, (given) => {
        for (const { question } of questionsOf(given)) {
          const reversed = { ...question, others: question.others.toReversed() }
          expect(proposePreemption(reversed)).toEqual(proposePreemption(question))
        }
      }),
      { numRuns: 1000 },
    )
  })

  test('has whoever gave way run again once there is room for all', () => {
    fc.assert(
      fc.property(worlds, (given) => {
        for (const { question } of questionsOf(given)) {
          for (const { key, left } of proposePreemption(question)?.victims ?? []) {
            const victim = question.others.find((each) => each.key === key)
            if (victim === undefined) continue
            const yields = new Map<string, Yield>([[question.clusterId, { most: left, message: '' }]])
            const shrunk = schedule({ ...victim.request, yields }, question.snapshot, trigger)
            const there = shrunk.clusters.find(({ id }) => id === question.clusterId)
            expect(there?.replicas).toBe(left)
            expect(there?.from === undefined || shrunk.clusters.some(isGrowing)).toBe(true)
            const wide = createSnapshot(question.snapshot.clusters.map((row) => ({ ...row, shapes: shapesOf([99]) })))
            const back = schedule({ ...victim.request, previous: shrunk }, wide, trigger)
            expect(back.shortfall).toBeUndefined()
            expect(back.clusters.reduce((sum, { replicas = 0 }) => sum + replicas, 0)).toBe(victim.request.replicas)
          }
        }
      }),
      { numRuns: 1000 },
    )
  })
})
