import { createKubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { createVirtualEnv, type VirtualEnv } from '@flotilla/runtime/virtual-env'
import { beforeEach, describe, expect, it } from 'vitest'
import { checkBare } from './check-bare.ts'

const url = 'https://hub.example:6443'
let env: VirtualEnv
let hub: KubeApi

beforeEach(async () => {
  env = createVirtualEnv({ seed: 1 })
  const server = await createKubeServer({ env, store: createMemoryStore({ env }) })
  hub = server.apiAs({ name: 'admin', groups: ['system:masters'] })
  await hub.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flotilla-system' } })
  return () => server.stop()
})

const check = () => env.complete(checkBare(env, hub, url), { limitMs: 10_000, what: 'the check' })
const found = async () => (await hub.list(deployments)).items

/** A process that was killed while it checked: its clock stands still, and its canary stays. */
async function killedWhileChecking(): Promise<KubeObject> {
  void checkBare(createVirtualEnv({ seed: 2 }), hub, url)
  await env.settle()
  const [left] = await found()
  if (left === undefined) throw new Error('no canary was left')
  return left
}

describe('checkBare()', () => {
  it('finds that nobody looks at a Deployment, and leaves none', async () => {
    await check()
    expect(await found()).toEqual([])
  })

  it('refuses a hub whose deployment controller looks at it, and leaves none', async () => {
    const checking = checkBare(env, hub, url)
    await env.settle()
    const [canary] = await found()
    const status = { observedGeneration: 1 }
    await hub.patch(deployments, canary!.metadata, { type: 'merge', patch: { status } }, { subresource: 'status' })
    const outcome = env.complete(checking, { limitMs: 10_000, what: 'the check' })
    await expect(outcome).rejects.toThrow(`Cannot use ${url} as the hub: it runs workloads itself`)
    expect(await found()).toEqual([])
  })

  it('removes what a process left that was killed while it checked', async () => {
    await killedWhileChecking()
    await check()
    expect(await found()).toEqual([])
  })

  it("leaves somebody else's Deployment of that name alone, and says so", async () => {
    const left = await killedWhileChecking()
    await hub.delete(deployments, left.metadata)
    const { managedFields: _, uid: _uid, resourceVersion: _version, ...metadata } = left.metadata
    await hub.create(deployments, { ...left, metadata }, { fieldManager: 'kubectl-create' })
    await expect(check()).rejects.toThrow('Cannot use Deployment flotilla-system/flotilla-canary: somebody has')
    expect(await found()).toHaveLength(1)
  })

  it('lets several processes check at once', async () => {
    const checks = [checkBare(env, hub, url), checkBare(env, hub, url), checkBare(env, hub, url)]
    await env.complete(Promise.all(checks), { limitMs: 10_000, what: 'the checks' })
    expect(await found()).toEqual([])
  })
})
