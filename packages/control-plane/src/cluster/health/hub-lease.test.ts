// Two processes never both hold the lease of a member, however long its answers take.
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import { expect, test } from 'vitest'
import { startTestHub } from '../../../test/test-hub.ts'
import { createHubLease } from './hub-lease.ts'

test('createHubLease() counts the term of another holder from when its renewal was seen, not asked for', async () => {
  await using hub = await startTestHub()
  const { env, api } = hub
  await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flotilla-system' } })
  let latencyMs = 4_000
  const slow: KubeApi = {
    ...api,
    async get(resource, key, options) {
      await env.timers.sleep(latencyMs)
      return api.get(resource, key, options)
    },
  }
  const claim = { hubId: 'hub', generation: 1 }
  const first = createHubLease(env, api, { ...claim, holder: 'first' })
  const second = createHubLease(env, slow, { ...claim, holder: 'second' })
  const asked = second.renew()
  await env.advance(3_000)
  await first.renew()
  await env.advance(1_000)
  expect(await asked).toMatchObject({ kind: 'waiting', holder: 'first' })
  latencyMs = 0
  await env.advance(28_000)
  const again = second.renew()
  await env.settle()
  expect(first.mayWrite()).toBe(true)
  expect(await again).toMatchObject({ kind: 'waiting' })
  expect(second.mayWrite()).toBe(false)
})
