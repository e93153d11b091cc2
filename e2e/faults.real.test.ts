// What may go wrong between a hub and three real clusters: one is cut off, slow, resets connections, refuses our
// credentials, is wiped. Nothing is deleted that should stay, the others are left alone, each fault is named with what
// to do about it, and all is well again once it ends.
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { valueAt } from '@flotilla/machinery/untyped'
import {
  clusterRoles,
  configMaps,
  deployments,
  secrets,
  serviceAccounts,
} from '@flotilla/machinery/well-known-resources'
import { findCondition } from '@flotilla/runtime/conditions'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deletesOfHub, writesOfHub } from './src/audit.ts'
import { startFaultyFleet, type FaultyFleet } from './src/faulty-fleet.ts'
import { flotilla, runFlotilla } from './src/flotilla-process.ts'
import { startEmbeddedHub, type HubUnderTest } from './src/hub.ts'
import { readyOf } from './src/ready-floor.ts'
import { until, untilEqual } from './src/until.ts'

const namespace = 'shop'

function deployment(name: string, replicas: number): object {
  const labels = { app: name }
  const container = { name: 'main', image: 'registry.example.com/main:1' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  }
}

function settings(text: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace }, data: { text } }
}

const evenly = {
  replicaSchedulingType: 'Divided',
  weightPreference: {
    staticWeightList: [1, 2, 3].map((n) => ({ targetCluster: { clusterNames: [`member-${n}`] }, weight: 1 })),
  },
}

function policy(apiVersion: string, kind: string, name: string, placement: object): object {
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { name, namespace },
    spec: { resourceSelectors: [{ apiVersion, kind, name }], placement },
  }
}

/** `web` fails over, `stays` never moves, and all members have `settings`. */
const workload = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  policy('apps/v1', 'Deployment', 'web', { replicaScheduling: evenly }),
  policy('apps/v1', 'Deployment', 'stays', {
    replicaScheduling: evenly,
    clusterTolerations: [{ key: 'flotilla.dev/unreachable', operator: 'Exists', effect: 'NoExecute' }],
  }),
  policy('v1', 'ConfigMap', 'settings', {}),
  deployment('web', 12),
  deployment('stays', 6),
  settings('first'),
]

describe('faults of three real clusters', () => {
  let fleet: FaultyFleet
  let hub: HubUnderTest

  beforeAll(async () => {
    ;[fleet, hub] = await Promise.all([startFaultyFleet(), startEmbeddedHub()])
    await Promise.all(fleet.members.map(({ name }) => join(name)))
    await hub.apply(...workload)
    await untilEqual('ready replicas of web', () => readyEverywhere('web'), [4, 4, 4])
    await untilEqual('ready replicas of stays', () => readyEverywhere('stays'), [2, 2, 2])
  })
  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]()
    await fleet?.[Symbol.asyncDispose]()
  })

  function join(name: string): Promise<string> {
    const kubeconfig = fleet.kubeconfigThroughProxy(name)
    return flotilla(['join', name, '--cluster-kubeconfig', kubeconfig, '--kubeconfig', hub.kubeconfig])
  }

  /** Directly, whatever the network between hub and member. */
  async function readyEverywhere(name: string): Promise<readonly number[]> {
    return (await fleet.find(deployments, name, namespace)).map(readyOf)
  }

  async function settingsOn(name: string): Promise<unknown> {
    return valueAt(await fleet.member(name).find(configMaps, 'settings', namespace), 'data', 'text')
  }

  async function clusterOf(name: string): Promise<Cluster> {
    return hub.api.get<Cluster>(clusterResource, { name })
  }

  async function untilState(name: string, state: string): Promise<void> {
    await untilEqual(`state of ${name}`, async () => (await clusterOf(name)).status?.health?.state, state, 120_000)
  }

  async function untilCondition(name: string, type: string, reason: string): Promise<string> {
    const read = async () => findCondition((await clusterOf(name)).status?.conditions, type)
    const found = await until(`${type} of ${name} to be ${reason}`, read, (one) => one?.reason === reason)
    return found?.message ?? ''
  }

  async function bindingOf(name: string): Promise<ResourceBinding | undefined> {
    const { items } = await hub.api.list<ResourceBinding>(resourceBindingResource, { namespace })
    return items.find(({ spec }) => spec.workloads[0]?.ref.name === name)
  }

  /** What a person reads: of `flotilla status`, `flotilla clusters` and `flotilla doctor cluster`. */
  async function told(
    name: string,
  ): Promise<{ readonly status: string; readonly clusters: string; readonly doctor: string }> {
    const run = async (...args: readonly string[]) => {
      const { stdout, stderr } = await runFlotilla([...args, '--kubeconfig', hub.kubeconfig])
      return stdout + stderr
    }
    const [status, clusters, doctor] = await Promise.all([
      run('status'),
      run('clusters'),
      run('doctor', 'cluster', name, '--timeout', '2s'),
    ])
    return { status, clusters, doctor }
  }

  /** Writes to the members named, made while `during` ran. */
  async function writesTo(
    names: readonly string[],
    during: () => Promise<void>,
  ): Promise<Record<string, readonly string[]>> {
    const before = new Map(names.map((name) => [name, writesOfHub(fleet.member(name)).length]))
    await during()
    const since = (name: string) => writesOfHub(fleet.member(name)).slice(before.get(name))
    return Object.fromEntries(names.map((name) => [name, since(name).map(({ verb, target }) => `${verb} ${target}`)]))
  }

  /** Waits, looking at all members; fewest replicas of `web` that were ready at once. */
  async function fewestUntil(what: string, isDone: () => Promise<boolean>): Promise<number> {
    let fewest = Number.POSITIVE_INFINITY
    const look = async () => {
      const ready = await readyEverywhere('web')
      fewest = Math.min(
        fewest,
        ready.reduce((sum, count) => sum + count, 0),
      )
      return isDone()
    }
    await until(what, look, Boolean, 120_000)
    return fewest
  }

  it('one that is cut off is Failed, what may move is replaced, and only that leaves it when it is back', async () => {
    const before = await fleet.member('member-1').find(deployments, 'web', namespace)
    const stays = await fleet.find(deployments, 'stays', namespace)
    fleet.setNetwork('member-1', { kind: 'cut' })
    await hub.apply(settings('while cut off'))
    for (const name of ['member-2', 'member-3']) await untilEqual(name, () => settingsOn(name), 'while cut off', 10_000)
    expect(await untilCondition('member-1', 'Reachable', 'NoAnswer')).toMatch(/^Cannot reach cluster member-1/)
    const replaced = async () => JSON.stringify((await readyEverywhere('web')).slice(1)) === '[6,6]'
    expect(await fewestUntil('replacements', replaced)).toBeGreaterThanOrEqual(12)
    await untilState('member-1', 'Failed')
    await until(
      'the move to be decided',
      () => bindingOf('web'),
      (one) => one?.spec.evictions?.[0]?.reason === 'ClusterFailed',
    )
    const { status, clusters, doctor } = await told('member-1')
    expect(status).toMatch(
      /cluster\/member-1: .*Cannot reach cluster member-1.*\n +Next: flotilla doctor cluster member-1/,
    )
    expect(clusters).toMatch(/member-1 +False,failed/)
    expect(doctor).toMatch(/tls +failed .*\n[^]*Next: check that the API server is not stuck, and what is on the way/)
    expect(fleet.members.map(deletesOfHub)).toEqual([[], [], []])
    expect(await settingsOn('member-1')).toBe('first')

    fleet.setNetwork('member-1', { kind: 'well' })
    const gone = async () => (await fleet.member('member-1').find(deployments, 'web', namespace)) === undefined
    expect(await fewestUntil('the end of the old copy', gone)).toBeGreaterThanOrEqual(12)
    await untilState('member-1', 'Healthy')
    await untilEqual('settings of member-1', () => settingsOn('member-1'), 'while cut off')
    const old = { verb: 'delete', target: 'deployments/web', uid: before?.metadata.uid, code: 200 }
    expect(fleet.members.map(deletesOfHub)).toEqual([[old], [], []])
    expect(await fleet.find(deployments, 'stays', namespace)).toEqual(stays)
  })

  it('one that takes five seconds to answer stays in use and keeps what it runs', async () => {
    const evictions = (await bindingOf('web'))?.spec.evictions
    const started = performance.now()
    const written = await writesTo(['member-1', 'member-2', 'member-3'], async () => {
      fleet.setNetwork('member-2', { kind: 'slow', byMs: 5_000 })
      await hub.apply(settings('while slow'))
      for (const name of ['member-1', 'member-3']) await untilEqual(name, () => settingsOn(name), 'while slow', 10_000)
      await untilCondition('member-2', 'Reachable', 'Slow')
      await untilEqual('settings of member-2', () => settingsOn('member-2'), 'while slow', 60_000)
      const elapsed = async () => performance.now() - started
      await until('as much time as failover waits', elapsed, (ms) => ms > 45_000)
      const { status, clusters, doctor } = await told('member-2')
      expect(status).toMatch(
        /cluster\/member-2: Slow: The API server .* takes longer than 5 s.*\n +Next: flotilla doctor/,
      )
      expect(clusters).toMatch(/member-2 +True .* 5\d{3}ms /)
      expect(doctor).toMatch(
        /tls +failed .* it did not answer in time\n[^]*Next: check that the API server is not stuck/,
      )
      fleet.setNetwork('member-2', { kind: 'well' })
      await untilCondition('member-2', 'Reachable', 'Answered')
      await untilState('member-2', 'Healthy')
    })
    const edit = ['patch configmaps/settings']
    expect(written).toEqual({ 'member-1': edit, 'member-2': edit, 'member-3': edit })
    expect((await bindingOf('web'))?.spec.evictions).toEqual(evictions)
  })

  it('ones that reset connections and refuse our credentials are named, left as they are, and caught up with', async () => {
    const before = (await bindingOf('web'))?.spec
    const account = { namespace: 'flotilla-system', name: 'flotilla-hub' }
    const written = await writesTo(['member-1', 'member-2', 'member-3'], async () => {
      fleet.setNetwork('member-2', { kind: 'reset' })
      await fleet.member('member-3').api.delete(serviceAccounts, account)
      const role = await fleet.member('member-1').api.get(clusterRoles, { name: account.name })
      await fleet.member('member-1').api.update(clusterRoles, { ...role, rules: [] })
      await untilCondition('member-1', 'Authorized', 'RightsMissing')
      await untilCondition('member-3', 'Authorized', 'CredentialsRefused')
      await untilCondition('member-2', 'Reachable', 'NoAnswer')
      await hub.apply(settings('while refused'))
      const [one, two, three] = await Promise.all(fleet.members.map(({ name }) => told(name)))
      expect(one?.status).toMatch(/cluster\/member-1: RightsMissing: Cannot authorize to cluster member-1: .*forbidden/)
      expect(one?.doctor).toMatch(/authorize +failed[^]*Next: flotilla join member-1 --cluster-kubeconfig FILE/)
      expect(two?.status).toMatch(/cluster\/member-2: NoAnswer: Cannot reach cluster member-2 .* closed the connection/)
      // A reset may come before the connection is told to be there, or after.
      expect(two?.doctor).toMatch(
        /(connect|tls) +failed .* closed the connection\n[^]*Next: check that the API server (runs|is not stuck)/,
      )
      expect(three?.status).toMatch(/cluster\/member-3: CredentialsRefused: Cannot authenticate to cluster member-3/)
      expect(three?.doctor).toMatch(/authenticate +failed[^]*Next: flotilla join member-3 --cluster-kubeconfig FILE/)
      fleet.setNetwork('member-2', { kind: 'well' })
      const { metadata } = await fleet.member('member-1').api.get(clusterRoles, { name: account.name })
      await fleet.member('member-1').api.update(clusterRoles, { ...role, metadata })
      await join('member-3')
      for (const { name } of fleet.members) await untilEqual(name, () => settingsOn(name), 'while refused')
      for (const { name } of fleet.members) await untilState(name, 'Healthy')
    })
    const edit = ['patch configmaps/settings']
    expect(written).toEqual({ 'member-1': edit, 'member-2': edit, 'member-3': edit })
    expect((await bindingOf('web'))?.spec).toEqual(before)
  })

  it('one that was wiped is another cluster: nothing is written to it until it is registered, then it gets everything', async () => {
    // Credentials that outlive the cluster: with a ServiceAccount's the new one would refuse us.
    const secret = { namespace: 'flotilla-system', name: 'member-3' }
    const patch = { stringData: { token: fleet.member('member-3').plane.token } }
    await hub.api.patch(secrets, secret, { type: 'merge', patch })
    await untilCondition('member-3', 'Ready', 'Healthy')
    const written = await writesTo(['member-3'], async () => {
      await fleet.member('member-3').plane.wipe()
      await untilCondition('member-3', 'Ready', 'IdentityChanged')
      await untilState('member-3', 'Unreachable')
      const { status, doctor } = await told('member-3')
      expect(status).toMatch(
        /cluster\/member-3: IdentityChanged: Cannot use cluster member-3: it was registered as .* another/,
      )
      expect(doctor).toMatch(/identity +failed[^]*Next: flotilla unjoin member-3 --force, then join the cluster that/)
    })
    expect(written).toEqual({ 'member-3': [] })
    await expect(join('member-3')).rejects.toThrow('it was wiped or replaced. Next: flotilla unjoin member-3 --force')
    await flotilla(['unjoin', 'member-3', '--force', '--kubeconfig', hub.kubeconfig])
    await join('member-3')
    await untilEqual('settings of member-3', () => settingsOn('member-3'), 'while refused')
    await untilEqual('ready replicas of stays', () => readyEverywhere('stays'), [2, 2, 2])
    await untilEqual('ready replicas of web', () => readyEverywhere('web'), [0, 6, 6])
    expect(deletesOfHub(fleet.member('member-3'))).toEqual([])
  })
})
