import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { toOpenApi } from '@flotilla/api/crd'
import { type PlanSpec, type PlanStatus, planStatusSchema } from '@flotilla/api/plan'
import { propagationPolicyResource, type PropagationPolicy } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { validateValue } from '@flotilla/machinery/validate'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'

let t: TestHub

const key = { name: 'web', namespace: 'shop' }

function aPolicy(weights: Readonly<Record<string, number>>) {
  const staticWeightList = Object.entries(weights).map(([name, weight]) => ({
    targetCluster: { clusterNames: [name] },
    weight,
  }))
  const replicaScheduling = { replicaSchedulingType: 'Divided', weightPreference: { staticWeightList } }
  const resourceSelectors = [{ apiVersion: 'apps/v1', kind: 'Deployment' }]
  return {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: key,
    spec: { resourceSelectors, placement: { replicaScheduling } },
  }
}

function aDeployment(name: string, replicas: number) {
  const labels = { app: name }
  const containers = [{ name, image: 'registry.example.com/web', resources: { requests: { cpu: '1' } } }]
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', labels },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  }
}

/** What a cluster is seen to be whose nodes have room for so many replicas. */
function observed(cpus: number) {
  const [type, status, reason, message] = ['Ready', 'True', 'Ready', '']
  return {
    conditions: [{ type, status, reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' }],
    apis: [{ group: 'apps', version: 'v1', kinds: ['Deployment'] }],
    nodeShapes: [{ free: { cpu: String(cpus), pods: '110' }, count: 1 }],
  }
}

beforeAll(async () => {
  t = await startTestHub()
  const { api } = t.hub
  await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const name of ['eu', 'us']) {
    const spec = { id: `id-of-${name}`, apiEndpoint: 'https://member.example:6443', secretRef: { name } }
    await api.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name }, spec })
  }
  await api.apply(propagationPolicyResource, aPolicy({ eu: 1, us: 1 }), { fieldManager: 'kubectl' })
  await api.create(deployments, aDeployment('web', 4))
})
afterAll(() => t[Symbol.asyncDispose]())

const file = (...objects: readonly object[]) => t.file(objects.map((object) => stringify(object)).join('---\n'))
const clusters = () => [
  { apiVersion, kind: 'Cluster', metadata: { name: 'eu' }, status: observed(4) },
  { apiVersion, kind: 'Cluster', metadata: { name: 'us' }, status: observed(4) },
]
async function statusOf(...args: readonly string[]): Promise<PlanStatus> {
  const { out } = await t.run('plan', ...args, '-o', 'json')
  return (JSON.parse(out) as { status: PlanStatus }).status
}

/** What the schema of the answer has against it. */
function causesOf(status: PlanStatus) {
  return validateValue({ root: toOpenApi(planStatusSchema), resolve: () => undefined }, status)
}

describe('flotilla plan', () => {
  it('says that nothing moves when nothing changes', async () => {
    await expect
      .poll(async () => (await t.hub.api.list<ResourceBinding>(resourceBindingResource)).items[0]?.spec.decision)
      .toBeDefined()
    const { code, out, err } = await t.run('plan')
    expect([code, err]).toEqual([0, ''])
    expect(out.replace(/[\da-f]{8}/g, 'x')).toMatch(/No moves\.\n(?:.*\n)*Snapshot x-x-x-x-x\n$/)
  })

  it('tells what moves, what has no place and the sums', async () => {
    const { code, out, err } = await t.run('plan', '-f', file(...clusters(), aDeployment('new', 3)), '-o', 'wide')
    expect([code, err]).toEqual([0, ''])
    expect(out.replace(/[\da-f]{8}/g, 'x')).toMatchInlineSnapshot(`
      "Deployment shop/web, by PropagationPolicy shop/web
        eu: 0 -> 2
        us: 0 -> 2
        without a place now: 4, then 0

      Deployment shop/new, by PropagationPolicy shop/web: new, 3 replicas
        eu: 0 -> 1
        us: 0 -> 2

      2 workloads: 7 more.
      Snapshot x-x-x-x-x
      "
    `)
  })

  it('prints a Plan as json, with what was asked', async () => {
    const args = ['-f', file(...clusters()), '--load', '3', '-l', 'app=web', '-n', 'shop', '--drain', 'us']
    const { out } = await t.run('plan', ...args, '-o', 'json')
    const { kind, spec, status } = JSON.parse(out) as { kind: string; spec: PlanSpec; status: PlanStatus }
    expect(kind).toBe('Plan')
    const load = [{ factor: 3, namespace: 'shop', selector: 'app=web' }]
    expect(spec).toEqual({ apply: clusters(), drain: ['us'], load })
    expect(status.workloads).toMatchObject([
      {
        workload: { kind: 'Deployment', namespace: 'shop', name: 'web' },
        replicas: { from: 4, to: 12 },
        moves: [{ cluster: 'eu', from: 0, to: 12 }],
        pending: [{ cluster: 'eu', replicas: 8 }],
      },
    ])
    expect(causesOf(status)).toEqual([])
  })

  it('takes the same from a document of kind Plan', async () => {
    const spec = { drain: ['us'], load: [{ factor: 3, namespace: 'shop', selector: 'app=web' }] }
    const document = { apiVersion, kind: 'Plan', spec }
    const flags = await statusOf(
      '-f',
      file(...clusters()),
      '--load',
      '3',
      '-l',
      'app=web',
      '-n',
      'shop',
      '--drain',
      'us',
    )
    expect(await statusOf('-f', file(...clusters(), document))).toEqual(flags)
  })

  it('tells what a template leaves that is taken away', async () => {
    const { code, out, err } = await t.run('plan', '-f', file(...clusters()), '--remove', 'deploy/web', '-n', 'shop')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('Deployment shop/web: taken away\n')
  })

  it('prints no value of a Secret', async () => {
    const metadata = { name: 'key', namespace: 'shop' }
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { key: 'canary' } }
    const { code, out, err } = await t.run('plan', '-f', file(secret), '-o', 'yaml')
    expect([code, err, out]).toEqual([0, '', expect.not.stringContaining('canary')])
  })

  it('plans with namespaces that are only made by the files', async () => {
    const metadata = { name: 'web', namespace: 'fresh' }
    const objects = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'fresh' } },
      { ...aPolicy({ eu: 1 }), metadata },
      { ...aDeployment('web', 2), metadata },
    ]
    const { workloads } = await statusOf('-f', file(...clusters(), ...objects))
    const planned = workloads.find(({ workload }) => workload.namespace === 'fresh')
    expect(planned).toMatchObject({ isNew: true, moves: [{ cluster: 'eu', from: 0, to: 2 }] })
  })

  it('counts a cluster that is like another, and one that is new', async () => {
    const like = await statusOf('-f', file(...clusters(), aPolicy({ eu: 1, more: 1 })), '--like', 'us', '--as', 'more')
    expect(like.workloads[0]?.moves).toEqual([
      { cluster: 'eu', from: 0, to: 2 },
      { cluster: 'more', from: 0, to: 2 },
    ])
    const more = { apiVersion, kind: 'Cluster', metadata: { name: 'more' }, spec: {}, status: observed(4) }
    const added = await statusOf('-f', file(...clusters(), aPolicy({ eu: 1, more: 1 }), more))
    expect(added.workloads).toEqual(like.workloads)
  })

  const cases: readonly { name: string; args: () => readonly string[]; want: string }[] = [
    {
      name: 'a cluster that there is not',
      args: () => ['--lose', 'ap'],
      want: 'it is not registered; registered: eu, us',
    },
    { name: 'a cluster like another without a name', args: () => ['--like', 'eu'], want: '--as its own name' },
    {
      name: 'a new cluster of a name that is taken',
      args: () => ['--like', 'eu', '--as', 'us'],
      want: 'there is one of this name',
    },
    { name: 'a factor that is no number', args: () => ['--load', 'twice'], want: '--load takes a number' },
    { name: 'load that is nobody’s', args: () => ['--load', '2', '-n', 'empty'], want: 'no workload with replicas' },
    { name: 'a load past all bounds', args: () => ['--load', '1e9'], want: 'would have 4000000000 replicas' },
    { name: 'clusters without prices', args: () => ['-C', 'eu'], want: '--prices is not given' },
    { name: 'a selector without load', args: () => ['-l', 'app=web'], want: '--load is not given' },
    { name: 'a snapshot without --apply', args: () => ['--snapshot', 'x'], want: '--apply is not given' },
    { name: 'a file that is not there', args: () => ['-f', '/nowhere.yaml'], want: 'there is no such file' },
    { name: 'a file that is no object', args: () => ['-f', t.file('text')], want: 'it holds no object' },
    { name: 'a file that is no YAML', args: () => ['-f', t.file('{')], want: 'Cannot read /' },
    {
      name: 'a kind that the hub does not serve',
      args: () => ['-f', file({ apiVersion: 'a.b/v1', kind: 'C', metadata: { name: 'd' } })],
      want: 'the hub does not serve C of a.b/v1',
    },
    {
      name: 'a policy that admission refuses',
      args: () => ['-f', file({ ...aPolicy({}), spec: { resourceSelectors: [] } })],
      want: 'spec.resourceSelectors',
    },
    {
      name: 'a Plan with a field that there is not',
      args: () => ['-f', file({ apiVersion, kind: 'Plan', spec: { loose: ['eu'] } })],
      want: 'unknown field "loose"',
    },
    {
      name: 'a Plan with a value that cannot be',
      args: () => ['-f', file({ apiVersion, kind: 'Plan', spec: { load: [{ factor: -1 }] } })],
      want: 'spec.load[0].factor',
    },
    {
      name: 'a new Cluster with fields that cannot be',
      args: () => ['-f', file({ apiVersion, kind: 'Cluster', metadata: { name: 'n' }, spec: { taints: 'x' } })],
      want: 'spec.taints',
    },
    { name: 'to apply nothing', args: () => ['--apply'], want: 'no file is given' },
    {
      name: 'to apply a lost cluster',
      args: () => ['-f', file(aPolicy({ eu: 1 })), '--lose', 'us', '--apply'],
      want: 'lost clusters can only be planned with',
    },
    {
      name: 'to apply what is taken away',
      args: () => ['-f', file(aPolicy({ eu: 1 })), '--remove', 'deployment/web', '-n', 'shop', '--apply'],
      want: 'kubectl delete does it',
    },
    {
      name: 'to take away what there is not',
      args: () => ['--remove', 'deployment/x', '-n', 'shop'],
      want: '"x" not found',
    },
    {
      name: 'to apply what is observed of a cluster',
      args: () => ['-f', file(...clusters()), '--apply'],
      want: 'Cluster eu is new or says what was observed of it',
    },
    {
      name: 'to apply what is no snapshot',
      args: () => ['-f', file(aPolicy({ eu: 1 })), '--apply', '--snapshot', 'x'],
      want: 'it is not one that flotilla plan prints',
    },
  ]
  it.each(cases)('refuses $name', async ({ args, want }) => {
    const { code, err } = await t.run('plan', ...args())
    expect(err).toContain(want)
    expect(err).not.toContain('Internal error')
    expect(code).toBe(1)
  })
})

describe('flotilla plan --apply', () => {
  const weights = async () => {
    const policy = await t.hub.api.get<PropagationPolicy>(propagationPolicyResource, key)
    const { staticWeightList = [] } = policy.spec.placement?.replicaScheduling?.weightPreference ?? {}
    return staticWeightList.map(({ weight }) => weight)
  }

  it('refuses another snapshot than the one that is planned, naming what changed', async () => {
    const path = file(aPolicy({ eu: 3, us: 1 }))
    const { snapshot } = await statusOf('-f', path)
    await t.hub.api.patch(
      clusterResource,
      { name: 'us' },
      { type: 'merge', patch: { metadata: { labels: { a: 'b' } } } },
    )
    const { code, err } = await t.run('plan', '-f', path, '--apply', '--snapshot', snapshot)
    expect(code).toBe(1)
    expect(err).toContain('what it was made from is another now (clusters)')
    expect(await weights()).toEqual([1, 1])
  })

  it('applies the files of the snapshot that is planned', async () => {
    const path = file(aPolicy({ eu: 3, us: 1 }))
    const { snapshot } = await statusOf('-f', path)
    const { code, err } = await t.run('plan', '-f', path, '--apply', '--snapshot', snapshot)
    expect([code, err]).toEqual([0, 'propagationpolicy.flotilla.dev/web serverside-applied\n'])
    expect(await weights()).toEqual([3, 1])
  })

  it('refuses to take what others own, unless it is told to', async () => {
    await t.hub.api.patch(propagationPolicyResource, key, { type: 'merge', patch: { spec: { priority: 7 } } })
    const path = file({ ...aPolicy({ eu: 3, us: 1 }), spec: { ...aPolicy({ eu: 3, us: 1 }).spec, priority: 8 } })
    const { code, err } = await t.run('plan', '-f', path, '--apply')
    expect([code, err]).toEqual([1, expect.stringContaining('conflict with "unknown"')])
    expect((await t.run('plan', '-f', path)).code).toBe(0)
    expect((await t.run('plan', '-f', path, '--apply', '--force-conflicts')).code).toBe(0)
  })

  it('takes what kubectl apply put there and the file no longer says away, as planned', async () => {
    const before = { ...aPolicy({ eu: 3, us: 1 }), metadata: { name: 'old', namespace: 'shop' } }
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(before) }
    const applied = { ...before, metadata: { ...before.metadata, annotations } }
    await t.hub.api.create(propagationPolicyResource, applied, { fieldManager: 'kubectl-client-side-apply' })
    const replicaScheduling = {
      replicaSchedulingType: 'Divided',
      weightPreference: { dynamicWeight: 'AvailableReplicas' },
    }
    const after = { ...before, spec: { ...before.spec, placement: { replicaScheduling } } }
    expect((await t.run('plan', '-f', file(after), '--apply')).code).toBe(0)
    const { spec } = await t.hub.api.get<PropagationPolicy>(propagationPolicyResource, before.metadata)
    expect(spec.placement?.replicaScheduling).toEqual(replicaScheduling)
  })
})
