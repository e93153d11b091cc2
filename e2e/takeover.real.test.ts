// A real process on a data folder that is put back as it was, over a real cluster: nothing is written there before a
// person takes the hub over, and nothing is deleted then. And what was there before the hub is adopted without a restart.
import { cpSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { valueAt } from '@flotilla/machinery/untyped'
import { deployments, namespaces, pods } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFleet, type Fleet } from './src/fleet.ts'
import { flotilla, runFlotilla } from './src/flotilla-process.ts'
import { startEmbeddedHub, type HubUnderTest } from './src/hub.ts'
import { until, untilEqual } from './src/until.ts'

const namespace = 'shop'
const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }

function aDeployment(name: string, replicas: number, image = 'registry.example.com/main:1') {
  const labels = { app: name }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'main', image }] } }
  const spec = { replicas, selector: { matchLabels: labels }, template }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace, labels }, spec }
}

const policy = {
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'PropagationPolicy',
  metadata: { name: 'all', namespace },
  spec: { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }] },
}

describe('a hub of one real cluster', () => {
  let fleet: Fleet
  let hub: HubUnderTest

  beforeAll(async () => {
    ;[fleet, hub] = await Promise.all([startFleet({ 'member-1': 1 }), startEmbeddedHub()])
    await member().api.create(namespaces, shop)
    for (const name of ['same', 'other']) await member().api.create(deployments, aDeployment(name, 2))
    await untilEqual('pods of before', async () => (await podUids()).length, 4, 60_000)
    await flotilla(['join', 'member-1', '--cluster-kubeconfig', member().kubeconfig, ...access()])
  }, 240_000)
  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]()
    await fleet?.[Symbol.asyncDispose]()
  })

  const access = () => ['--kubeconfig', hub.kubeconfig]
  const member = () => fleet.member('member-1')
  const replicasOf = async (name: string) =>
    valueAt(await member().find(deployments, name, namespace), 'spec', 'replicas')

  async function podUids(): Promise<readonly string[]> {
    const { items } = await member().api.list(pods, { namespace })
    return items.map(({ metadata }) => metadata.uid ?? '').toSorted((a, b) => a.localeCompare(b))
  }

  async function stateOf(name: string): Promise<string | undefined> {
    const { items } = await hub.api.list<ResourceBinding>(resourceBindingResource, { namespace })
    const binding = items.find(({ spec }) => spec.workloads[0]?.ref.name === name)
    return binding?.status?.clusters?.[0]?.state
  }

  it('adopts what is the same by itself, what differs by consent, and restarts no pod', async () => {
    const before = await podUids()
    await hub.apply(shop, aDeployment('same', 2), { ...aDeployment('other', 2), metadata: labelled() }, policy)
    await untilEqual(
      'states',
      async () => [await stateOf('same'), await stateOf('other')],
      ['Applied', 'Failed'],
      60_000,
    )
    const dryRun = await runFlotilla(['adopt', 'deployment/other', '-n', namespace, '--dry-run', ...access()])
    expect(dryRun).toMatchObject({ code: 1, stdout: expect.stringMatching(/metadata\.labels\.team +payments/) })
    await flotilla(['adopt', 'deployment/other', '-n', namespace, ...access()])
    await untilEqual('the state of other', () => stateOf('other'), 'Applied', 60_000)
    expect(await podUids()).toEqual(before)
  }, 180_000)

  it('put back as it was writes nothing before it is taken over, and then deletes nothing', async () => {
    const folder = dirname(hub.kubeconfig)
    const backup = `${folder}-backup`
    await hub.kill()
    cpSync(folder, backup, { recursive: true })
    await hub.restart()
    await hub.apply(aDeployment('later', 1), { ...aDeployment('other', 4), metadata: labelled() })
    await untilEqual(
      'what is newer',
      async () => [await replicasOf('later'), await replicasOf('other')],
      [1, 4],
      60_000,
    )
    await hub.kill()
    rmSync(folder, { recursive: true })
    cpSync(backup, folder, { recursive: true })
    await hub.restart()
    const status = async () => (await runFlotilla(['status', ...access()])).stdout
    await until('the hub to be read-only', status, (text) => text.includes('read-only since'), 60_000)
    expect([await replicasOf('later'), await replicasOf('other')]).toEqual([1, 4])
    const before = await podUids()
    expect(await flotilla(['takeover', '--dry-run', ...access()])).toMatch(/member-1: Deployment shop\/later\n/)
    await flotilla(['takeover', '--confirm', '2', ...access()])
    await untilEqual('what the hub knows', () => replicasOf('other'), 2, 60_000)
    expect(await replicasOf('later')).toBe(1)
    await untilEqual('pods', async () => (await podUids()).length, 5, 60_000)
    expect(before).toEqual(expect.arrayContaining([...(await podUids())]))
    rmSync(backup, { recursive: true })
  }, 240_000)
})

function labelled() {
  return { name: 'other', namespace, labels: { app: 'other', team: 'payments' } }
}
