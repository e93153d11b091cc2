import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { interpreterResource } from '@flotilla/api/interpreter'
import { overridePolicyResource } from '@flotilla/api/override-policy'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { configMaps, deployments } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { closedPort } from '../../test/closed-port.ts'
import { startTestDemo, type TestDemo } from '../../test/test-demo.ts'
import { testTerminal } from '../../test/test-terminal.ts'
import { createCommandEnv } from '../command-env.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { ObjectDiff } from './diff-on-member.ts'

const open = new AsyncDisposableStack()
let demo: TestDemo
let hub: KubeApi

beforeAll(async () => {
  demo = open.use(await startTestDemo(['--nodes', '1']))
  hub = open.use(await connectHub(createCommandEnv(), testTerminal({}), { kubeconfig: demo.kubeconfig })).api
}, 60_000)
afterAll(() => open.disposeAsync())

const names = ['ap-south', 'eu-west', 'us-east']
const web = { name: 'web', namespace: 'shop' }
const ofWeb = [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }]
const image = 'spec.template.spec.containers[web].image'
const image1 = 'registry.example.com/shop/web:1.0.0'
const image2 = 'registry.example.com/shop/web:2.0.0'

let files = 0
function file(...objects: readonly object[]): string {
  const path = join(demo.folder, `diff-${files++}.yaml`)
  writeFileSync(path, objects.map((object) => stringify(object)).join('---\n'))
  return path
}

function anOverride(name: string, clusters: readonly string[]) {
  const imageOverrider = [{ component: 'Tag', operator: 'replace', value: '2.0.0' }]
  const overrideRules = [{ targetCluster: { clusterNames: clusters }, overriders: { imageOverrider } }]
  const metadata = { name, namespace: 'shop' }
  return { apiVersion, kind: 'OverridePolicy', metadata, spec: { resourceSelectors: ofWeb, overrideRules } }
}

function aPolicy(weights: Readonly<Record<string, number>>, more: object = {}) {
  const staticWeightList = Object.entries(weights).map(([name, weight]) => ({
    targetCluster: { clusterNames: [name] },
    weight,
  }))
  const replicaScheduling = { replicaSchedulingType: 'Divided', weightPreference: { staticWeightList } }
  const spec = { resourceSelectors: ofWeb, placement: { replicaScheduling }, ...more }
  return { apiVersion, kind: 'PropagationPolicy', metadata: web, spec }
}

const diff = (...args: readonly string[]) => demo.run('diff', ...args)

/** `OBJECT on CLUSTER: CHANGE`, with the paths of fields. */
async function toldOf(...args: readonly string[]): Promise<readonly string[]> {
  const { out, code } = await diff(...args, '-o', 'json')
  const diffs = JSON.parse(out) as readonly ObjectDiff[]
  expect(code).toBe(diffs.length > 0 ? 1 : 0)
  return diffs.map(({ object, cluster, change, fields }) =>
    [`${object} on ${cluster}: ${change}`, ...fields.map(({ path }) => path)].join(' '),
  )
}

describe('flotilla diff', () => {
  it('shows what an override changes, where, and nothing once it is so', async () => {
    const override = anOverride('tag', ['eu-west'])
    const path = file(override)
    const { code, out, err } = await diff('-f', path)
    expect([code, err]).toEqual([1, ''])
    expect(out).toBe(`Deployment shop/web on eu-west: changed\n  ${image}: "${image1}" -> "${image2}"\n`)
    await hub.create(overridePolicyResource, override)
    await expect.poll(async () => (await diff('-f', path)).code, { timeout: 20_000 }).toBe(0)
    expect((await diff('-f', path)).err).toBe('No differences on 3 clusters\n')
  })

  it('shows what an edited override, and one that is taken away, leave', async () => {
    expect(await toldOf('-f', file(anOverride('tag', ['us-east'])))).toEqual([
      `Deployment shop/web on eu-west: Changed ${image}`,
      `Deployment shop/web on us-east: Changed ${image}`,
    ])
    const { out } = await diff('--remove', 'overridepolicy/tag', '-n', 'shop')
    expect(out).toBe(`Deployment shop/web on eu-west: changed\n  ${image}: "${image2}" -> "${image1}"\n`)
  })

  it('shows what a policy moves, its followers too, once every move is over', async () => {
    expect(await toldOf('-f', file(aPolicy({ 'eu-west': 1, 'us-east': 1 })))).toEqual([
      'Deployment shop/web on ap-south: Deleted',
      'ConfigMap shop/web-config on ap-south: Deleted',
      'Service shop/web on ap-south: Deleted',
      'Deployment shop/web on us-east: Changed spec.replicas',
    ])
  })

  it('shows what templates change, and what would follow them, Secrets masked', async () => {
    const config = await hub.get(configMaps, { name: 'web-config', namespace: 'shop' })
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { ...web, name: 'tls' },
      stringData: { key: 'canary' },
    }
    const backend = { service: { name: 'web', port: { number: 80 } } }
    const ingress = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: web,
      spec: { defaultBackend: backend, tls: [{ secretName: 'tls' }] },
    }
    const { apiVersion: version, kind, metadata } = config
    const { name, namespace } = metadata
    const edited = { apiVersion: version, kind, metadata: { name, namespace }, data: { CURRENCY: 'USD' } }
    const args = ['-f', file(edited, secret, ingress), '-C', 'ap-south']
    expect(await toldOf(...args)).toEqual([
      'ConfigMap shop/web-config on ap-south: Changed data.CURRENCY',
      'Secret shop/tls on ap-south: Created',
      'Ingress shop/web on ap-south: Created',
    ])
    const { out, err } = await diff(...args)
    expect(out).toContain('  +   key: "***"\n')
    expect(out + err).not.toMatch(/canary|Y2FuYXJ5/)
  })

  it('shows what an Interpreter has follow, and what it leaves when it is taken away', async () => {
    const interpreter = {
      apiVersion,
      kind: 'Interpreter',
      metadata: { name: 'deployments' },
      spec: {
        target: { group: 'apps', kind: 'Deployment' },
        dependencies: { expression: '[{"kind": "ConfigMap", "name": "extra"}]' },
      },
    }
    const extra = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'extra', namespace: 'shop' }, data: {} }
    await hub.create(configMaps, extra)
    const created = names.map((name) => `ConfigMap shop/extra on ${name}: Created`)
    expect(new Set(await toldOf('-f', file(interpreter)))).toEqual(new Set(created))
    await hub.create(interpreterResource, interpreter)
    await expect.poll(async () => (await diff('-f', file(interpreter))).code, { timeout: 20_000 }).toBe(0)
    const deleted = created.map((text) => text.replace('Created', 'Deleted'))
    expect(new Set(await toldOf('--remove', 'interpreter/deployments'))).toEqual(new Set(deleted))
    await hub.delete(interpreterResource, { name: 'deployments' })
    await hub.delete(configMaps, extra.metadata)
  })

  it('shows what a template leaves that is taken away, and what stays where it is preserved', async () => {
    const gone = await toldOf('--remove', 'deployment/web', '-n', 'shop', '-C', 'eu-west')
    expect(gone).toEqual([
      'Deployment shop/web on eu-west: Deleted',
      'ConfigMap shop/web-config on eu-west: Deleted',
      'Service shop/web on eu-west: Deleted',
    ])
    const policy = file(aPolicy({ 'eu-west': 3, 'us-east': 2, 'ap-south': 1 }, { preserveResourcesOnDeletion: true }))
    const kept = await toldOf('-f', policy, '--remove', 'deployment/web', '-n', 'shop', '-C', 'eu-west')
    expect(kept).toEqual(gone.map((text) => text.replace('Deleted', 'Orphaned')))
  })

  it('shows only templates with the labels of -l', async () => {
    const path = file(anOverride('tag', ['us-east']))
    expect(await toldOf('-f', path, '-l', 'app=web')).toHaveLength(2)
    expect(await toldOf('-f', path, '-l', 'app=other')).toEqual([])
  })

  it('leaves a policy without templates, and what no policy selects, alone', async () => {
    expect(await toldOf('--remove', 'propagationpolicy/web', '-n', 'shop')).toEqual([])
    const lonely = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...web, name: 'lonely' }, data: { a: 'b' } }
    expect(await toldOf('-f', file(lonely))).toEqual([])
  })

  it('writes nothing', async () => {
    const before = await hub.get(deployments, web)
    await diff('--remove', 'deployment/web', '-n', 'shop')
    await diff('-f', file(aPolicy({ 'eu-west': 1 })))
    expect((await hub.get(deployments, web)).metadata.uid).toBe(before.metadata.uid)
    const policy = await hub.get(propagationPolicyResource, web)
    expect(stringify(policy['spec'])).toContain('ap-south')
  })

  it.each([
    { name: 'nothing to look at', args: [], want: '-f FILE, or --remove TYPE/NAME' },
    { name: 'an option that there is not', args: ['--bogus'], want: "unknown option '--bogus'" },
    { name: 'a file that is not there', args: ['-f', '/nowhere.yaml'], want: 'there is no such file' },
    { name: 'a cluster that there is not', args: ['--remove', 'deploy/web', '-n', 'shop', '-C', 'mars'], want: 'mars' },
    { name: 'an object that there is not', args: ['--remove', 'deploy/x', '-n', 'shop'], want: '"x" not found' },
    { name: 'a selector that is none', args: ['--remove', 'deploy/web', '-l', 'a in'], want: 'label selector a in' },
  ])('ends with 2 for $name', async ({ args, want }) => {
    const { code, out, err } = await diff(...args)
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(want)])
  })

  it('ends with 2 for a Plan, which is no object', async () => {
    const { code, err } = await diff('-f', file({ apiVersion, kind: 'Plan', spec: { lose: ['eu-west'] } }))
    expect([code, err]).toEqual([2, expect.stringContaining('flotilla plan -f FILE')])
  })

  it('ends with 4 where a member that it concerns does not answer, and shows the others', async () => {
    const apiEndpoint = `https://127.0.0.1:${await closedPort()}`
    await hub.patch(clusterResource, { name: 'us-east' }, { type: 'merge', patch: { spec: { apiEndpoint } } })
    const { code, out, err } = await diff('--remove', 'deployment/web', '-n', 'shop', '--timeout', '2s')
    expect([code, err]).toEqual([4, expect.stringContaining('Cluster us-east did not answer')])
    expect(out).toContain('Deployment shop/web on eu-west: deleted\n')
    expect((await diff('-f', file(anOverride('other', ['ap-south'])), '-C', 'ap-south')).code).toBe(1)
  })
})
