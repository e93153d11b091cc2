// Whatever the order in which bindings come, room is given by priority, then by age.
import type { Decision, ReplicaRequirements } from '@flotilla/api/resource-binding'
import { parseQuantity } from '@flotilla/machinery/quantity'
import { freeRoom } from '@flotilla/scheduler/estimate'
import { aClusterRow, aRequest, aggregated, byRoom } from '@flotilla/scheduler/fixtures'
import type { Reservation } from '@flotilla/scheduler/occupy'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import { schedule } from '@flotilla/scheduler/schedule'
import { createSnapshot } from '@flotilla/scheduler/snapshot'
import { takesRoom } from '@flotilla/scheduler/takes-room'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Binding } from '../../hub.ts'
import { compareTurns } from '@flotilla/scheduler/order'
import { turnOf } from '../../turn.ts'
import { Waiting } from './waiting.ts'

interface Job {
  readonly priority: number
  readonly replicas: number
  /** CPUs of a replica: more than any node has, now and then. */
  readonly cpu: number
  readonly isPacked: boolean
  /** It waits since before; else it comes now, for the first time. */
  readonly isWaiter: boolean
}

/** By cluster, the free CPUs of its nodes. */
type Nodes = readonly (readonly number[])[]

const aJob: fc.Arbitrary<Job> = fc.record({
  priority: fc.integer({ min: -1, max: 3 }),
  replicas: fc.integer({ min: 1, max: 6 }),
  cpu: fc.constantFrom(1, 2, 3, 50),
  isPacked: fc.boolean(),
  isWaiter: fc.boolean(),
})

/** Those who wait are older than those who come, who come in the order of their age. */
const someJobs = fc
  .array(aJob, { minLength: 1, maxLength: 7 })
  .map((jobs) => jobs.toSorted((one, other) => Number(other.isWaiter) - Number(one.isWaiter)))
const someNodes = fc.array(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 3,
})

function toBinding({ priority, replicas, cpu }: Job, age: number): Binding {
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: `w${age}`, uid: `u${age}` }
  const replicaRequirements = { resourceRequest: { cpu: String(cpu) } }
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name: ref.name, creationTimestamp: `2026-01-01T00:00:0${age}Z` },
    spec: {
      workloads: [{ ref, components: [{ name: '', replicas, replicaRequirements }] }],
      schedulePriority: { priority },
    },
  }
}

/** Decides as the scheduler does: what one is given is reserved before another is asked. */
class Market {
  readonly decisions = new Map<number, Decision>()
  readonly #jobs: readonly Job[]
  readonly #snapshot
  readonly #reserved = new Map<string, readonly Reservation[]>()

  constructor(jobs: readonly Job[], nodes: Nodes) {
    this.#jobs = jobs
    const shapeOf = (cpu: number) => ({
      free: new Map([
        ['cpu', parseQuantity(cpu)],
        ['pods', parseQuantity(100)],
      ]),
      labels: {},
      taints: [],
      count: 1,
    })
    this.#snapshot = createSnapshot(
      nodes.map((cpus, index) => aClusterRow({ name: `c${index}`, shapes: cpus.map(shapeOf) })),
    )
  }

  roomOn = (id: string, requirements: ReplicaRequirements | undefined): number => {
    const cluster = this.#snapshot.byId.get(id)
    return (cluster && freeRoom(cluster, requirements, this.#reserved.get(id))) ?? 0
  }

  ask(age: number): { readonly request: ScheduleRequest; readonly decision: Decision } {
    const job = this.#jobs[age]
    const previous = this.decisions.get(age)
    const request = aRequest({
      templateUID: `u${age}`,
      replicas: job?.replicas ?? 0,
      requirements: { resourceRequest: { cpu: String(job?.cpu) } },
      placement: job?.isPacked === true ? aggregated : byRoom,
      reservedOn: (id) => this.#reserved.get(id) ?? [],
      ...(previous ? { previous } : {}),
    })
    return { request, decision: schedule(request, this.#snapshot, { trigger: 'Test' }) }
  }

  give(age: number, { request, decision }: ReturnType<Market['ask']>): void {
    for (const { id, replicas = 0 } of decision.clusters) {
      const more = replicas - (request.previous?.clusters.find((each) => each.id === id)?.replicas ?? 0)
      const { requirements } = request
      if (more > 0 && requirements) {
        this.#reserved.set(id, [...(this.#reserved.get(id) ?? []), { replicas: more, requirements }])
      }
    }
    this.decisions.set(age, decision)
  }

  /** Replicas by cluster, in order of age. */
  outcome(): readonly unknown[] {
    return this.#jobs.map((_, age) =>
      (this.decisions.get(age)?.clusters ?? []).flatMap(({ name, replicas = 0 }) =>
        replicas > 0 ? [[name, replicas]] : [],
      ),
    )
  }
}

function inStrictOrder(jobs: readonly Job[], nodes: Nodes): Market {
  const market = new Market(jobs, nodes)
  const turns = jobs.map((job, age) => ({ age, turn: turnOf(toBinding(job, age)) }))
  for (const { age } of turns.toSorted((one, other) => compareTurns(one.turn, other.turn))) {
    market.give(age, market.ask(age))
  }
  return market
}

/** `arrivals`: ages, in the order in which they are queued. */
function asQueued(jobs: readonly Job[], nodes: Nodes, arrivals: readonly number[]): Market {
  const bindings = jobs.map(toBinding)
  const ageOf = new Map(bindings.map((binding, age) => [turnOf(binding).key, age]))
  const market = new Market(jobs, nodes)
  const waiting = new Waiting(market.roomOn)
  const queue = new Set(arrivals)
  waiting.calls.onChange(({ key }) => queue.add(ageOf.get(key) ?? -1))
  for (const [age, binding] of bindings.entries()) {
    if (jobs[age]?.isWaiter === true) waiting.settle(binding, true)
    else waiting.meet(binding)
  }
  nodes.forEach((_, index) => waiting.free(`id-c${index}`))
  for (const age of queue) {
    queue.delete(age)
    const binding = bindings[age]
    if (binding === undefined) throw new Error(`nobody is of age ${age}`)
    waiting.ask(turnOf(binding).key)
    const asked = market.ask(age)
    if (takesRoom(asked.request, asked.decision) && waiting.givesWay(binding)) {
      queue.add(age)
      continue
    }
    waiting.settle(binding, asked.decision.shortfall !== undefined)
    market.give(age, asked)
  }
  return market
}

describe('Waiting', () => {
  test('gives room by priority and age, in whatever order bindings are queued', () => {
    const given = someJobs.chain((jobs) => {
      const ages = [...jobs.keys()]
      const isNew = (age: number) => jobs[age]?.isWaiter !== true
      // Who comes for the first time is queued in the order of its age; who waits, at any time.
      const arrivals = fc.shuffledSubarray(ages, { minLength: ages.length }).map((shuffled) => {
        const coming = ages.filter(isNew)
        return shuffled.map((age) => (isNew(age) ? (coming.shift() ?? age) : age))
      })
      return fc.record({ jobs: fc.constant(jobs), nodes: someNodes, arrivals })
    })
    fc.assert(
      fc.property(given, ({ jobs, nodes, arrivals }) => {
        expect(asQueued(jobs, nodes, arrivals).outcome()).toEqual(inStrictOrder(jobs, nodes).outcome())
      }),
      { numRuns: 1000 },
    )
  })
})
