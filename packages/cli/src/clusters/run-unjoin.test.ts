import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { findCondition } from '@flotilla/runtime/conditions'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'
import { testTerminal } from '../../test/test-terminal.ts'
import { runFlotilla } from '../program.ts'

let t: TestHub

beforeAll(async () => {
  t = await startTestHub({ probeEveryMs: 50 })
})
afterAll(() => t[Symbol.asyncDispose]())

const registered = () => t.hub.api.list<Cluster>(clusterResource)

describe('flotilla unjoin', () => {
  it('refuses a cluster that is not registered', async () => {
    const { code, err } = await t.run('unjoin', 'nobody')
    expect(err).toBe('Error: Cannot unjoin nobody: no such cluster is registered. Next: flotilla clusters\n')
    expect(code).toBe(1)
  })

  it('refuses a --confirm that says another name', async () => {
    const member = await t.startMember('kept')
    await t.run('join', 'kept', '--cluster-kubeconfig', t.kubeconfigOf(member))
    const { code, err } = await t.run('unjoin', 'kept', '--confirm', 'keep')
    expect(err).toBe('Error: Cannot unjoin kept: --confirm says keep. Next: --confirm kept\n')
    expect([code, (await registered()).items.length]).toEqual([1, 1])
    await t.run('unjoin', 'kept')
  })

  it('takes a cluster off that answers', async () => {
    const member = await t.startMember('alive')
    await t.run('join', 'alive', '--cluster-kubeconfig', t.kubeconfigOf(member))
    const { code, err, out } = await t.run('unjoin', 'alive')
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/cluster\/alive unjoined\n$/)
    expect((await registered()).items).toEqual([])
  })
})

/** Joined, then gone for long enough that the hub knows. */
async function aDeadCluster(): Promise<void> {
  const member = await t.startMember('dead')
  await t.run('join', 'dead', '--cluster-kubeconfig', t.kubeconfigOf(member))
  onTestFinished(async () => void (await t.run('unjoin', 'dead', '--force')))
  await member[Symbol.asyncDispose]()
  const reachable = async () => findCondition((await registered()).items[0]?.status?.conditions, 'Reachable')?.status
  await expect.poll(reachable).toBe('Unknown')
}

describe('flotilla unjoin of a cluster that does not answer', () => {
  it('says what it waits for and how to go on, and gives up in time; --force ends it', async () => {
    await aDeadCluster()
    const { code, err, out } = await t.run('unjoin', 'dead', '--timeout', '300ms')
    expect(out).toMatch(
      /^Waiting for dead, up to 0\.3 s: Cannot reach cluster dead \(connect\) since .*nothing listens/,
    )
    expect(out).toContain('Or: flotilla unjoin dead --force, which leaves our labels, lease and access there\n')
    expect(err).toMatch(/^Error: Cannot unjoin dead within 0\.3 s: Cannot reach .* Next: flotilla unjoin dead --force/)
    expect(code).toBe(1)
    const forced = await t.run('unjoin', 'dead', '--force')
    expect([forced.code, forced.err, forced.out]).toEqual([0, '', 'cluster/dead unjoined\n'])
    expect((await registered()).items).toEqual([])
  })

  it('stops waiting on Ctrl-C', async () => {
    await aDeadCluster()
    const terminal = testTerminal()
    const running = runFlotilla(['unjoin', 'dead', '--kubeconfig', t.hub.kubeconfig], terminal)
    await terminal.printed('Waiting for dead')
    terminal.stop()
    expect(await running).toBe(1)
    expect(terminal.stderr).toMatch(/^Error: Cannot unjoin dead yet: Cannot reach cluster dead/)
  })

  it('changes nothing when its workloads were to be deleted', async () => {
    await aDeadCluster()
    const { code, err } = await t.run('unjoin', 'dead', '--delete-workloads', '--confirm', 'dead')
    expect(err).toMatch(/^Error: Cannot delete workloads on dead: .* Next: flotilla doctor cluster dead\n$/)
    expect(code).toBe(1)
    const [cluster] = (await registered()).items
    expect([cluster?.metadata.deletionTimestamp, cluster?.spec.suspend]).toEqual([undefined, false])
  })
})
