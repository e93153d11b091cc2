import { createKubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import { leases } from '@flotilla/machinery/well-known-resources'
import { FaultGate } from '@flotilla/simulator/fault-gate'
import { describe, expect, test } from 'vitest'
import { startLeaderElection } from './leader-election.ts'
import { createVirtualEnv } from './virtual-env.ts'

const lease = { name: 'hub', namespace: 'kube-system' }

async function aScene() {
  const env = createVirtualEnv({ seed: 1 })
  const server = await createKubeServer({ env, store: createMemoryStore({ env }) })
  const api = server.apiAs({ name: 'test', groups: ['system:masters'] })
  const history: string[] = []
  function candidate(identity: string) {
    const gate = new FaultGate(env, identity)
    const election = startLeaderElection({
      env,
      api: gate.outside(api),
      lease,
      identity,
      onElected: (generation) => history.push(`${identity} leads ${generation}`),
      onLost: () => history.push(`${identity} lost`),
    })
    return { gate, election }
  }
  return { env, api, history, candidate }
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
