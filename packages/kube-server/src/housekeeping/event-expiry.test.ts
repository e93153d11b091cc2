import { events } from '@flotilla/machinery/well-known-resources'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { timestamp } from '@flotilla/runtime/timestamp'
import { expect, test } from 'vitest'
import { createKubeServer } from '../server.ts'
import { createMemoryStore } from '../store/memory-store.ts'

const minute = 60_000

test('startEventExpiry() removes events an hour after they were told last, and no others', async () => {
  const env = createVirtualEnv({ seed: 1 })
  await using server = await env.complete(createKubeServer({ env, store: createMemoryStore({ env }) }), {
    limitMs: minute,
    what: 'the server',
  })
  const api = server.apiAs({ name: 'admin', groups: ['system:masters'] })
  const tell = (name: string) =>
    api.create(events, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace: 'default', name },
      involvedObject: { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Cluster', name: 'eu' },
    })
  const left = async () => (await api.list(events)).items.map(({ metadata }) => metadata.name)
  await tell('once')
  await tell('again')
  await env.advance(50 * minute)
  await tell('later')
  const patch = { count: 2, lastTimestamp: timestamp(env.clock.now()) }
  await api.patch(events, { namespace: 'default', name: 'again' }, { type: 'merge', patch })
  await env.advance(9 * minute)
  expect(await left()).toEqual(['again', 'later', 'once'])
  await env.advance(2 * minute)
  expect(await left()).toEqual(['again', 'later'])
  await env.advance(50 * minute)
  expect(await left()).toEqual([])
})
