// A hub whose data folder is put back as it was: read-only towards its members until a person takes it over.
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { valueAt } from '@flotilla/machinery/untyped'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { expect, it } from 'vitest'
import { createCommandEnv } from '../command-env.ts'
import { startDemoMember } from '../demo/demo-member.ts'
import { openDataFolder } from '../hub/data-folder.ts'
import { startEmbeddedHub, type EmbeddedHub } from '../hub/embedded-hub.ts'
import { kubeconfigText } from '../hub/kubeconfig-file.ts'
import { writePrivate } from '../hub/private-file.ts'
import { aFolder } from '../../test/a-folder.ts'
import { flotilla } from '../../test/test-terminal.ts'

const env = createCommandEnv()
const folder = aFolder()
const path = join(folder, 'hub')
const wait = { timeout: 60_000, interval: 200 }

interface Running extends AsyncDisposable {
  readonly hub: EmbeddedHub
  run(...args: readonly string[]): ReturnType<typeof flotilla>
}

async function start(): Promise<Running> {
  const open = new AsyncDisposableStack()
  const data = open.use(openDataFolder(path))
  const listen = { host: '127.0.0.1', port: 0 }
  const hub = open.use(await startEmbeddedHub({ env, folder: data, listen, probeEveryMs: 500 }))
  return {
    hub,
    run: (...args) => flotilla([...args, '--kubeconfig', hub.kubeconfig], { HOME: folder }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

function aDeployment(name: string, replicas: number) {
  const labels = { app: name }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'reg.io/c:1' }] } }
  const spec = { replicas, selector: { matchLabels: labels }, template }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace: 'default', name }, spec }
}

it('flotilla takeover shows what is newer, waits to be confirmed, states what the hub knows and deletes nothing', async () => {
  const place = { name: 'eu', region: 'r' }
  await using member = await startDemoMember({ env, place, nodes: 1, folder: join(folder, 'eu'), isKept: false })
  const api = member.simulated.server.apiAs({ name: 'admin', groups: ['system:masters'] })
  const replicasOf = async (name: string) => {
    const { items } = await api.list(deployments)
    return valueAt(
      items.find(({ metadata }) => metadata.name === name),
      'spec',
      'replicas',
    )
  }
  {
    await using first = await start()
    const file = join(folder, 'member')
    writePrivate(file, kubeconfigText([member.access]))
    await first.run('join', 'eu', '--cluster-kubeconfig', file)
    const spec = { resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }] }
    await first.hub.api.create(deployments, aDeployment('web', 2))
    await first.hub.api.create(propagationPolicyResource, {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'PropagationPolicy',
      metadata: { namespace: 'default', name: 'all' },
      spec,
    })
    await expect.poll(() => replicasOf('web'), wait).toBe(2)
    expect((await first.run('takeover', '--dry-run')).out).toBe(
      'Nothing to take over: members know no newer state of this hub\n',
    )
  }
  cpSync(path, join(folder, 'backup'), { recursive: true })
  {
    await using second = await start()
    const patch = { spec: { replicas: 5 } }
    await second.hub.api.patch(deployments, { namespace: 'default', name: 'web' }, { type: 'merge', patch })
    await second.hub.api.create(deployments, aDeployment('later', 1))
    await expect.poll(async () => [await replicasOf('web'), await replicasOf('later')], wait).toEqual([5, 1])
  }
  rmSync(path, { recursive: true })
  cpSync(join(folder, 'backup'), path, { recursive: true })
  await using restored = await start()
  await expect
    .poll(async () => (await restored.run('status')).out, wait)
    .toMatch(/read-only since .* takeover --dry-run/)
  expect((await restored.run('doctor', 'cluster', 'eu')).out).toMatch(/a newer state of this hub wrote there/)
  const { out, code } = await restored.run('takeover', '--dry-run')
  expect(code).toBe(0)
  expect(out).toMatch(/eu +1 +\S+ +yes +1 +1 +1 +0\n/)
  expect(out).toMatch(/Deployment default\/web +eu +spec\.replicas +2 +5/)
  expect(out).toMatch(/Not known to this hub; stays as it is, orphaned:\n {2}eu: Deployment default\/later\n/)
  expect(out).toMatch(/Nothing is deleted\. Next: flotilla takeover --confirm 2\n$/)
  expect(await restored.run('takeover')).toMatchObject({ code: 1, err: expect.stringContaining('not confirmed') })
  expect(await replicasOf('web')).toBe(5)
  expect((await restored.run('takeover', '--confirm', '2')).out).toMatch(/hub taken over as generation 2\n/)
  await expect.poll(() => replicasOf('web'), wait).toBe(2)
  expect(await replicasOf('later')).toBe(1)
  expect((await restored.run('status')).out).not.toMatch(/read-only/)
}, 120_000)
