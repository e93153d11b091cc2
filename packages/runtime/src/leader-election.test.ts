import { createKubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { leases } from '@flotilla/machinery/well-known-resources'
import { FaultGate } from '@flotilla/simulator/fault-gate'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { startLeaderElection } from './leader-election.ts'
import { createVirtualEnv } from './virtual-env.ts'

const lease = { name: 'hub', namespace: 'kube-system' }

async function aScene(seed = 1) {
  const env = createVirtualEnv({ seed })
  const server = await createKubeServer({ env, store: createMemoryStore({ env }) })
  const api = server.apiAs({ name: 'test', groups: ['system:masters'] })
  const history: string[] = []
  /** Requests meet the faults of `gate`, answers those of `answers`. */
  function candidate(identity: string) {
    const gate = new FaultGate(env, identity)
    const answers = new FaultGate(env, identity)
    const election = startLeaderElection({
      env,
      api: gate.outside(answeringThrough(answers, api)),
      lease,
      identity,
      onElected: (generation) => history.push(`${identity} leads ${generation}`),
      onLost: () => history.push(`${identity} lost`),
    })
    return { gate, answers, election }
  }
  return { env, api, history, candidate }
}

/** `api`, whose answers are lost or late when those of `gate` are. */
function answeringThrough(gate: FaultGate, api: KubeApi): KubeApi {
  const afterwards = async <T>(answer: Promise<T>): Promise<T> => {
    const outcome = await answer.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error
      },
    )
    await gate.outside({ ...api, raw: async () => ({ status: 200, headers: {}, body: '' }) as never }).raw({} as never)
    return outcome()
  }
  return {
    ...api,
    get: (...request) => afterwards(api.get(...request)) as never,
    create: (...request) => afterwards(api.create(...request)) as never,
    update: (...request) => afterwards(api.update(...request)) as never,
  }
}

const faultKinds = ['cut', 'cutAnswers', 'slow', 'slowAnswers', 'stop', 'heal'] as const

const aFault = fc.record({
  atMs: fc.integer({ min: 0, max: 120_000 }),
  who: fc.constantFrom(0, 1),
  kind: fc.constantFrom(...faultKinds),
  ms: fc.integer({ min: 1, max: 20_000 }),
})

function apply(
  { gate, answers }: { readonly gate: FaultGate; readonly answers: FaultGate },
  kind: (typeof faultKinds)[number],
  ms: number,
) {
  if (kind === 'cut') gate.cut()
  if (kind === 'cutAnswers') answers.cut()
  if (kind === 'slow') gate.slow(ms)
  if (kind === 'slowAnswers') answers.slow(ms)
  if (kind === 'stop') gate.stop()
  if (kind !== 'heal') return
  for (const each of [gate, answers]) {
    each.heal()
    each.start()
    each.slow(0)
  }
}

/** Each term ends before the next begins, and has a greater generation. */
function expectTermsApart(history: readonly string[]): void {
  let leader: string | undefined
  let last = 0
  for (const line of history) {
    const [who, what, generation] = line.split(' ')
    if (what === 'lost') {
      expect(who).toBe(leader)
      leader = undefined
      continue
    }
    expect([line, leader]).toEqual([line, undefined])
    expect(Number(generation)).toBeGreaterThan(last)
    ;[leader, last] = [who, Number(generation)]
  }
}

describe('startLeaderElection()', () => {
  test('elects the first, and another only when the first gives the lease back', async () => {
    const { env, history, candidate } = await aScene()
    const first = candidate('a')
    await env.settle()
    const second = candidate('b')
    await env.advance(60_000)
    expect(history).toEqual(['a leads 1'])
    expect([first.election.isLeader, second.election.isLeader]).toEqual([true, false])
    await first.election.stop()
    await env.advance(5000)
    expect(history).toEqual(['a leads 1', 'a lost', 'b leads 2'])
    expect(second.election.generation).toBe(2)
    await second.election.stop()
  })

  test('writes the Lease as other clients read it', async () => {
    const { env, api, candidate } = await aScene()
    const { election } = candidate('a')
    await env.advance(10_000)
    const found = await api.get(leases, lease)
    expect(found['spec']).toMatchObject({ holderIdentity: 'a', leaseDurationSeconds: 15, leaseTransitions: 1 })
    expect((found['spec'] as { renewTime: string }).renewTime).toMatch(/^2026-01-01T00:00:\d\d\.\d{6}Z$/)
    await election.stop()
  })

  test('ends the term of a leader that cannot renew before another can begin', async () => {
    const { env, history, candidate } = await aScene()
    const first = candidate('a')
    await env.settle()
    const second = candidate('b')
    await env.advance(10_000)
    first.gate.cut()
    await env.advanceUntil(() => history.includes('a lost'), { limitMs: 11_000, what: 'the end of the first term' })
    expect(history).toEqual(['a leads 1', 'a lost'])
    await env.advanceUntil(() => second.election.isLeader, { limitMs: 20_000, what: 'the second term' })
    first.gate.heal()
    await env.advance(60_000)
    expect(history).toEqual(['a leads 1', 'a lost', 'b leads 2'])
    await first.election.stop()
    await second.election.stop()
  })

  test('keeps its term through a short outage', async () => {
    const { env, history, candidate } = await aScene()
    const { gate, election } = candidate('a')
    await env.advance(10_000)
    gate.stop()
    await env.advance(5000)
    gate.start()
    await env.advance(60_000)
    expect(history).toEqual(['a leads 1'])
    await election.stop()
  })

  test('lets the same identity take over at once, with a new generation', async () => {
    const { env, history, candidate } = await aScene()
    candidate('a').gate.stop()
    await env.settle()
    const before = candidate('a')
    await env.settle()
    before.gate.stop()
    const after = candidate('a')
    await env.settle()
    expect(history).toEqual(['a leads 1', 'a leads 2'])
    await after.election.stop()
    await env.complete(before.election.stop(), { limitMs: 60_000, what: 'the end' })
  })

  test('loses at once to whoever took the lease', async () => {
    const { env, api, history, candidate } = await aScene()
    const { election } = candidate('a')
    await env.settle()
    const spec = { holderIdentity: 'intruder', leaseTransitions: 7 }
    await api.patch(leases, lease, { type: 'merge', patch: { spec } })
    await env.advance(5000)
    expect(history).toEqual(['a leads 1', 'a lost'])
    await env.advance(30_000)
    expect(history.at(-1)).toBe('a leads 8')
    await election.stop()
  })

  test('keeps its term when somebody else only annotates the Lease', async () => {
    const { env, api, history, candidate } = await aScene()
    const { election } = candidate('a')
    await env.settle()
    await api.patch(leases, lease, { type: 'merge', patch: { metadata: { annotations: { note: 'x' } } } })
    await env.advance(30_000)
    expect(history).toEqual(['a leads 1'])
    await election.stop()
  })

  test('never has two leaders, whatever the networks do, and one at last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.array(aFault, { maxLength: 12 }), async (seed, faults) => {
        const { env, history, candidate } = await aScene(seed)
        const candidates = [candidate('a'), candidate('b')] as const
        let most = 0
        const look = () => {
          most = Math.max(most, candidates.filter(({ election }) => election.isLeader).length)
          if (env.clock.monotonic() < 200_000) env.timers.after(500, look)
        }
        look()
        for (const { atMs, who, kind, ms } of faults)
          env.timers.after(atMs, () => apply(candidates[who] as (typeof candidates)[0], kind, ms))
        env.timers.after(120_000, () => candidates.forEach((each) => apply(each, 'heal', 0)))
        await env.advance(200_000)
        expect(most).toBe(1)
        expect(candidates.filter(({ election }) => election.isLeader)).toHaveLength(1)
        expectTermsApart(history)
        await Promise.all(candidates.map(({ election }) => election.stop()))
      }),
      { numRuns: 200 },
    )
  }, 120_000)

  for (const kind of ['cut', 'cutAnswers', 'slow', 'slowAnswers'] as const) {
    test(`turns isLeader false at the deadline when requests hang: ${kind}`, async () => {
      const { env, history, candidate } = await aScene()
      const only = candidate('a')
      await env.advance(10_000)
      apply(only, kind, 3_600_000)
      await env.advance(10_000)
      expect([only.election.isLeader, only.election.generation]).toEqual([false, undefined])
      expect(history).toEqual(['a leads 1', 'a lost'])
      apply(only, 'heal', 0)
      await env.advance(10_000)
      expect(only.election.isLeader).toBe(true)
      apply(only, kind, 3_600_000)
      await env.complete(only.election.stop(), { limitMs: 6000, what: 'the end' })
    })
  }

  test('turns isLeader false by the clock when timers are late, and goes on when an api answers no signal', async () => {
    const { env, api } = await aScene()
    let [lateMs, isHanging] = [0, false]
    const clock = { now: () => env.clock.now() + lateMs, monotonic: () => env.clock.monotonic() + lateMs }
    const lost: number[] = []
    const election = startLeaderElection({
      env: { ...env, clock },
      api: { ...api, update: (...request) => (isHanging ? new Promise(() => {}) : api.update(...request)) },
      lease,
      identity: 'a',
      onElected() {},
      onLost: () => lost.push(1),
    })
    await env.settle()
    expect(election.isLeader).toBe(true)
    lateMs = 10_000
    expect([election.isLeader, lost.length]).toEqual([false, 0])
    lateMs = 0
    isHanging = true
    await env.advance(20_000)
    expect([election.isLeader, lost.length]).toEqual([false, 1])
    isHanging = false
    await env.advance(10_000)
    expect(election.isLeader).toBe(true)
    await election.stop()
  })

  test('refuses a deadline that would let two lead at once', async () => {
    const { env, api } = await aScene()
    const start = () =>
      startLeaderElection({
        env,
        api,
        lease,
        identity: 'a',
        leaseDurationMs: 10,
        renewDeadlineMs: 10,
        onElected() {},
        onLost() {},
      })
    expect(start).toThrow('renewDeadlineMs 10 must be below leaseDurationMs 10')
  })
})
