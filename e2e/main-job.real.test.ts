// The main job, end to end, on three real clusters: against the embedded hub and again against a real kube-apiserver.
// The tests of one hub run in their order and build on each other.
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { clusterResource, type Cluster } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type DecidedCluster, type ResourceBinding } from '@flotilla/api/resource-binding'
import { valueAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, secrets, services } from '@flotilla/machinery/well-known-resources'
import { seededRandom } from '@flotilla/runtime/seeded-random'
import { areNodesReady } from '@flotilla/testbed/nodes'
import { startFleet, type Fleet } from './src/fleet.ts'
import { flotilla } from './src/flotilla-process.ts'
import {
  autoscalers,
  conditionOf,
  imagesOf,
  manifest,
  manifests,
  namespace,
  readyOf,
  readyPodsOf,
  replicasOf,
  specsOf,
  uidsOf,
} from './src/guestbook.ts'
import { hubKinds, type HubUnderTest } from './src/hub.ts'
import { watchReady } from './src/ready-floor.ts'
import { until, untilEqual } from './src/until.ts'

const isSoak = process.env['FLOTILLA_SOAK'] === '1'
const kills = isSoak ? 50 : 5
const outageMs = isSoak ? 60_000 : 10_000
const seed = Number(process.env['FLOTILLA_SEED'] ?? Date.now() % 1_000_000)

describe.each(hubKinds)('the main job on $name', ({ start }) => {
  let fleet: Fleet
  let hub: HubUnderTest

  beforeAll(async () => {
    ;[fleet, hub] = await Promise.all([startFleet(), start()])
  })
  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]()
    await fleet?.[Symbol.asyncDispose]()
  })

  /** The binding of a workload, or undefined. */
  async function bindingOf(name: string): Promise<ResourceBinding | undefined> {
    const { items } = await hub.api.list<ResourceBinding>(resourceBindingResource, { namespace })
    return items.find(({ spec }) => spec.workloads.some(({ ref }) => ref.name === name))
  }

  async function bindingConditions(name: string): Promise<Readonly<Record<string, unknown>>> {
    const binding = await bindingOf(name)
    return Object.fromEntries(['Scheduled', 'Applied', 'Healthy'].map((type) => [type, conditionOf(binding, type)]))
  }

  async function clusterStateOf(name: string, cluster: string): Promise<unknown> {
    const binding = await bindingOf(name)
    return binding?.status?.clusters?.find((one) => one.name === cluster)?.state ?? null
  }

  function weightsPatch(weights: readonly number[]) {
    const staticWeightList = weights.map((weight, index) => ({
      targetCluster: { clusterNames: [`member-${index + 1}`] },
      weight,
    }))
    return { spec: { placement: { replicaScheduling: { weightPreference: { staticWeightList } } } } }
  }

  function setWeights(...weights: readonly number[]): Promise<string> {
    const patch = JSON.stringify(weightsPatch(weights))
    return hub.kubectl(['-n', namespace, 'patch', 'propagationpolicy', 'web', '--type=merge', '-p', patch])
  }

  it('flotilla join registers three real clusters, which become Ready', async () => {
    const joined = await Promise.all(
      fleet.members.map(({ name, kubeconfig }, index) =>
        flotilla(
          ['join', name, '--cluster-kubeconfig', kubeconfig, '--kubeconfig', hub.kubeconfig].concat(
            '--region',
            ['eu-west', 'us-east', 'ap-south'][index] ?? '',
          ),
        ),
      ),
    )
    for (const [index, printed] of joined.entries()) expect(printed).toContain(`cluster/member-${index + 1} ready`)
    const { items } = await hub.api.list<Cluster>(clusterResource)
    const seen = items.map(({ metadata, status }) => [metadata.name, status?.kubernetesVersion, status?.nodes?.ready])
    expect(seen).toEqual(fleet.members.map(({ name }) => [name, 'v1.36.3', 2]))
  })

  it('kubectl apply of the example is taken by the hub', async () => {
    await hub.kubectl(['apply', '-f', manifest('00-namespace.yaml'), '-f', manifest('05-crd.yaml')])
    await hub.kubectl('wait --for=condition=Established crd/moderationrules.guestbook.example.com --timeout=30s')
    expect(await hub.kubectl(['apply', '-f', manifests])).toContain('deployment.apps/web created')
  })

  it('12 replicas are divided 3:2:1', async () => {
    await untilEqual('replicas of web', () => replicasOf(fleet), [6, 4, 2])
  })

  it('the pods are Ready on each member', async () => {
    await untilEqual('Ready pods of web', () => readyPodsOf(fleet, 'web'), [6, 4, 2])
  })

  it('the hub tells the truth about all members', async () => {
    expect(await hub.kubectl(`-n ${namespace} rollout status deployment/web --timeout=30s`)).toContain(
      'deployment "web" successfully rolled out',
    )
    const line = await hub.kubectl(`-n ${namespace} get deployment web --no-headers`)
    expect(line.split(/\s+/).slice(0, 4)).toEqual(['web', '12/12', '12', '12'])
    await untilEqual('conditions of the binding', () => bindingConditions('web'), {
      Scheduled: 'True',
      Applied: 'True',
      Healthy: 'True',
    })
  })

  it('followers, the definition and its object are on each member', async () => {
    const missing = async () => Object.entries(await uidsOf(fleet)).filter(([, uid]) => uid === undefined)
    await untilEqual('missing copies', missing, [])
    const wanted = await specsOf(hub)
    for (const member of fleet.members) {
      const found = await specsOf(member)
      expect(found['configmaps/guestbook-config']).toMatchObject({
        data: valueAt(wanted['configmaps/guestbook-config'], 'data'),
      })
      expect(found['secrets/guestbook-credentials']).toMatchObject({
        data: valueAt(wanted['secrets/guestbook-credentials'], 'data'),
      })
      expect(found['moderationrules/default']).toMatchObject({ spec: { action: 'Hide', words: ['spam', 'scam'] } })
      expect(found['services/web']).toMatchObject({ spec: { selector: { tier: 'web' } } })
    }
  })

  it('edited weights move replicas, and never fewer than 12 are ready', async () => {
    const floor = await watchReady(fleet, namespace, 'web')
    for (const [weights, replicas] of [
      [
        [1, 2, 3],
        [2, 4, 6],
      ],
      [
        [1, 1, 1],
        [4, 4, 4],
      ],
      [
        [3, 2, 1],
        [6, 4, 2],
      ],
    ] as const) {
      await setWeights(...weights)
      await untilEqual('replicas of web', () => replicasOf(fleet), [...replicas])
      await untilEqual('ready replicas of web', () => readyOf(fleet), [...replicas])
    }
    const seen = await floor.stop()
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.filter((ready) => ready.reduce((sum, one) => sum + one, 0) < 12)).toEqual([])
    await untilEqual('READY on the hub', async () => readyLine(), '12/12')
  })

  async function readyLine(): Promise<string | undefined> {
    return (await hub.kubectl(`-n ${namespace} get deployment web --no-headers`)).split(/\s+/)[1]
  }

  it('bindings deleted by hand in the middle of a move, and the hub killed then, leave 12 ready and end the move', async () => {
    const before = await uidsOf(fleet)
    const floor = await watchReady(fleet, namespace, 'web')
    const moves = [
      [1, 2, 3],
      [3, 2, 1],
    ] as const
    for (const weights of moves) {
      await startMove(weights)
      const { items } = await hub.api.list(resourceBindingResource, { namespace })
      await Promise.all(items.map(({ metadata }) => hub.api.delete(resourceBindingResource, metadata)))
      await hub.kill()
      await hub.restart()
      await untilEqual(
        'ready replicas of web',
        () => readyOf(fleet),
        weights.map((weight) => weight * 2),
      )
      await until('the move to end', decided, (clusters) => !clusters.some(isMoving))
    }
    const seen = await floor.stop()
    expect(seen.filter((ready) => ready.reduce((sum, one) => sum + one, 0) < 12)).toEqual([])
    expect(await uidsOf(fleet)).toEqual(before)
  })

  async function decided(): Promise<readonly DecidedCluster[]> {
    return (await bindingOf('web'))?.spec.decision?.clusters ?? []
  }

  const isMoving = ({ from }: DecidedCluster) => from !== undefined

  /** Resolves in the middle of the move, which is over in little more than a second. */
  async function startMove(weights: readonly number[]): Promise<void> {
    const { resourceVersion } = await hub.api.list(resourceBindingResource, { namespace })
    const patch = { type: 'merge', patch: weightsPatch(weights) } as const
    await hub.api.patch(propagationPolicyResource, { namespace, name: 'web' }, patch)
    for await (const event of hub.api.watch<ResourceBinding>(resourceBindingResource, { namespace, resourceVersion })) {
      if (event.type !== 'BOOKMARK' && event.object.spec.decision?.clusters.some(isMoving) === true) return
    }
    throw new Error('the watch of bindings ended before the move began')
  }

  it('an override changes the image registry on one member only', async () => {
    const before = await imagesOf(fleet)
    await hub.apply({
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'OverridePolicy',
      metadata: { name: 'mirror', namespace },
      spec: {
        resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }],
        overrideRules: [
          {
            targetCluster: { clusterNames: ['member-2'] },
            overriders: {
              imageOverrider: [{ component: 'Registry', operator: 'replace', value: 'mirror.example.net' }],
            },
          },
        ],
      },
    })
    await untilEqual('images of web', () => imagesOf(fleet), [
      before[0],
      'mirror.example.net/guestbook/web:1.4.0',
      before[2],
    ])
    await untilEqual('ready replicas of web', () => readyOf(fleet), [6, 4, 2])
  })

  it('a field changed by hand on a member is restored', async () => {
    const before = await uidsOf(fleet)
    const member = fleet.member('member-1')
    await member.kubectl(`-n ${namespace} set image deployment/web web=example.org/elsewhere:9`)
    await untilEqual(
      'images of web',
      async () => (await imagesOf(fleet))[0],
      'registry.example.com/guestbook/web:1.4.0',
    )
    const patch = JSON.stringify({ data: { greeting: 'Changed by hand' } })
    await member.kubectl(['-n', namespace, 'patch', 'configmap', 'guestbook-config', '-p', patch])
    const greeting = async () =>
      valueAt(await member.find(configMaps, 'guestbook-config', namespace), 'data', 'greeting')
    await untilEqual('the greeting', greeting, 'Hello from the fleet')
    expect(await uidsOf(fleet)).toEqual(before)
  })

  it(`the hub survives ${kills} SIGKILLs at random moments of a run of edits`, async () => {
    console.log(`seed of the kills: ${seed} (set FLOTILLA_SEED to repeat)`)
    const random = seededRandom(seed)
    const before = await uidsOf(fleet)
    const weights = [
      [1, 1, 1],
      [1, 2, 3],
      [2, 1, 3],
    ] as const
    for (let round = 1; round <= kills; round++) {
      const death = afterDelay(random() * 1_500, () => hub.kill())
      await edit(round, weights[round % weights.length] ?? [1, 1, 1]).catch(() => 'the hub died before it answered')
      await death
      await hub.restart()
    }
    await edit(kills + 1, [3, 2, 1])
    await untilEqual('replicas of web', () => replicasOf(fleet), [6, 4, 2], 120_000)
    await untilEqual('ready replicas of web', () => readyOf(fleet), [6, 4, 2], 120_000)
    const greetings = () =>
      fleet.each(async (member) =>
        valueAt(await member.find(configMaps, 'guestbook-config', namespace), 'data', 'greeting'),
      )
    await untilEqual('greetings', greetings, Array(3).fill(`Round ${kills + 1}`))
    expect(await uidsOf(fleet)).toEqual(before)
    await untilEqual('READY on the hub', async () => readyLine(), '12/12')
  })

  async function edit(round: number, weights: readonly number[]): Promise<void> {
    const data = JSON.stringify({ data: { greeting: `Round ${round}` } })
    await hub.kubectl(['-n', namespace, 'patch', 'configmap', 'guestbook-config', '-p', data])
    await setWeights(...weights)
    await hub.kubectl(`-n ${namespace} set env deployment/web ROUND=${round}`)
  }

  it(`a member whose API server is away for ${outageMs / 1000} s loses nothing`, async () => {
    const before = await uidsOf(fleet)
    const member = fleet.member('member-3')
    const observedAt = async () => {
      const clusters = (await bindingOf('worker'))?.status?.clusters
      return Date.parse(clusters?.find(({ name }) => name === 'member-3')?.observedAt ?? '')
    }
    // Failover would replace what it runs, which failover.real.test.ts watches: here it is to be met as it was left.
    await flotilla(['freeze', '--kubeconfig', hub.kubeconfig])
    await member.plane.kill('kube-apiserver')
    const killedAt = Date.now()
    try {
      await hub.kubectl(`-n ${namespace} set env deployment/worker WHILE=away`)
      await until(
        'Unreachable on the hub',
        () => clusterStateOf('worker', 'member-3'),
        (state) => state === 'Unreachable',
      )
      await sleep(killedAt + outageMs - Date.now())
      expect(await observedAt()).toBeLessThanOrEqual(killedAt)
    } finally {
      await member.plane.restart('kube-apiserver')
    }
    await untilEqual('state on the hub', () => clusterStateOf('worker', 'member-3'), 'Applied')
    const envOf = async () => JSON.stringify((await member.find(deployments, 'worker', namespace))?.['spec'])
    await until('the edit on the member', envOf, (spec) => spec.includes('"away"'))
    // Nodes that missed their leases take a minute or more to come back, and no pod of a later step starts before.
    await until('Ready nodes', () => areNodesReady(member.plane, 2), Boolean, 240_000)
    await flotilla(['freeze', '--off', '--kubeconfig', hub.kubeconfig])
    expect(await uidsOf(fleet)).toEqual(before)
  })

  it('a deleted policy leaves everything in place', async () => {
    const before = await uidsOf(fleet)
    await hub.kubectl(`-n ${namespace} delete propagationpolicy web`)
    const reason = async () => {
      const binding = await bindingOf('web')
      return [conditionOf(binding, 'Scheduled'), conditionOf(binding, 'Scheduled', 'reason')]
    }
    await untilEqual('Scheduled', reason, ['False', 'PolicyMissing'])
    expect(await uidsOf(fleet)).toEqual(before)
    await hub.kubectl(['apply', '-f', manifest('50-policies.yaml')])
    await untilEqual('conditions of the binding', async () => (await bindingConditions('web'))['Scheduled'], 'True')
    expect(await uidsOf(fleet)).toEqual(before)
    await untilEqual('replicas of web', () => replicasOf(fleet), [6, 4, 2])
  })

  it('a deleted template takes its copies along, and leaves what another workload uses', async () => {
    const before = await uidsOf(fleet)
    await hub.kubectl(`-n ${namespace} delete deployment cache`)
    await untilEqual('copies of cache', () => fleet.find(deployments, 'cache', namespace), [
      undefined,
      undefined,
      undefined,
    ])
    await untilEqual('bindings of cache', async () => (await bindingOf('cache')) ?? null, null)
    const gone = /deployments\/cache|services\/cache/
    const kept = (uids: typeof before) => Object.entries(uids).filter(([name]) => !gone.test(name))
    expect(kept(await uidsOf(fleet))).toEqual(kept(before))
    await untilEqual('copies of its Service', () => fleet.find(services, 'cache', namespace), [
      undefined,
      undefined,
      undefined,
    ])
  })

  it('an object of the same name that somebody else made is neither adopted nor deleted', async () => {
    const theirs = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'taken', namespace },
      stringData: { by: 'them' },
    }
    const member = fleet.member('member-2')
    await member.apply(theirs)
    const before = await member.find(secrets, 'taken', namespace)
    await hub.apply({ ...theirs, stringData: { by: 'us' } }, policyOf('taken', 'v1', 'Secret'))
    await untilEqual('state on member-2', () => clusterStateOf('taken', 'member-2'), 'Failed')
    await untilEqual('state on member-1', () => clusterStateOf('taken', 'member-1'), 'Applied')
    expect(await member.find(secrets, 'taken', namespace)).toEqual(before)
    await hub.kubectl(`-n ${namespace} delete secret taken`)
    const others = async () => (await fleet.find(secrets, 'taken', namespace)).map((one) => one?.metadata.uid ?? null)
    await untilEqual('copies', others, [null, before?.metadata.uid ?? '', null])
    expect(await member.find(secrets, 'taken', namespace)).toEqual(before)
  })

  it('a HorizontalPodAutoscaler on a member keeps its replicas', async () => {
    const scaled = deploymentOf('scaled', 2)
    await hub.apply(scaled, policyOf('scaled', 'apps/v1', 'Deployment'))
    await untilEqual('replicas of scaled', () => replicasOf(fleet, 'scaled'), [2, 2, 2])
    await fleet.member('member-1').apply(autoscalerOf('scaled', 4))
    await untilEqual('replicas of scaled', () => replicasOf(fleet, 'scaled'), [4, 2, 2])
    await hub.kubectl(`-n ${namespace} set image deployment/scaled app=registry.example.com/app:2`)
    await untilEqual('images of scaled', () => imagesOf(fleet, 'scaled'), Array(3).fill('registry.example.com/app:2'))
    await untilEqual('ready replicas of scaled', () => readyOf(fleet, 'scaled'), [4, 2, 2])
    const desired = async () => {
      const found = await fleet.member('member-1').find(autoscalers, 'scaled-by-member', namespace)
      return valueAt(found, 'status', 'desiredReplicas')
    }
    await untilEqual('what the autoscaler wants', desired, 4)
    expect(await replicasOf(fleet, 'scaled')).toEqual([4, 2, 2])
  })

  it('flotilla unjoin leaves workloads and removes our labels', async () => {
    const before = await uidsOf(fleet)
    await flotilla(['unjoin', 'member-3', '--kubeconfig', hub.kubeconfig])
    await untilEqual('the Cluster', () => hub.find(clusterResource, 'member-3').then((one) => one ?? null), null)
    const member = fleet.member('member-3')
    const marks = async () => {
      const found = await Promise.all([
        member.find(deployments, 'web', namespace),
        member.find(configMaps, 'guestbook-config', namespace),
      ])
      return found.map((one) => JSON.stringify(one?.metadata).includes('flotilla'))
    }
    await untilEqual('our marks', marks, [false, false])
    const ofMember = (uids: typeof before) => Object.entries(uids).filter(([name]) => name.startsWith('member-3/'))
    expect(ofMember(await uidsOf(fleet))).toEqual(ofMember(before))
  })
})

async function afterDelay(delayMs: number, run: () => Promise<void>): Promise<void> {
  await sleep(delayMs)
  await run()
}

function policyOf(name: string, apiVersion: string, kind: string): object {
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { name, namespace },
    spec: {
      resourceSelectors: [{ apiVersion, kind, name }],
      placement: { clusterAffinity: { clusterNames: ['member-1', 'member-2', 'member-3'] } },
    },
  }
}

function deploymentOf(name: string, replicas: number): object {
  const labels = { app: name }
  const resources = { requests: { cpu: '50m', memory: '32Mi' } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: 'app', image: 'registry.example.com/app:1', resources }] },
      },
    },
  }
}

/** Without metrics it still scales up to its minimum. */
function autoscalerOf(name: string, minReplicas: number): object {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: `${name}-by-member`, namespace },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas,
      maxReplicas: 6,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      ],
    },
  }
}
