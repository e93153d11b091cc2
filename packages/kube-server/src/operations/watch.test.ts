// Watches of the in-process API: what watchers see of the past, of changes, and of what ceases to match.
import type { KubeObject } from '@flotilla/machinery/object'
import type { WatchEvent, WatchOptions } from '@flotilla/machinery/kube-api'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { expect, test } from 'vitest'
import { createKubeServer } from '../server.ts'
import { createMemoryStore } from '../store/memory-store.ts'

const configMaps = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true }

async function aServer(history?: number) {
  const env = createVirtualEnv({ seed: 1 })
  const store = createMemoryStore({ env, ...(history === undefined ? {} : { history }) })
  const server = await createKubeServer({ env, store })
  return { env, api: server.apiAs({ name: 'admin', groups: [] }) }
}

function aConfigMap(name: string, tier: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', labels: { tier } } }
}

function shown(event: WatchEvent): string {
  return event.type === 'BOOKMARK'
    ? `BOOKMARK ${event.initialEventsEnd}`
    : `${event.type} ${event.object.metadata.name}`
}

async function collect(api: Awaited<ReturnType<typeof aServer>>['api'], options: WatchOptions, count: number) {
  const events: string[] = []
  for await (const event of api.watch(configMaps, options)) {
    events.push(shown(event))
    if (events.length === count) break
  }
  return events
}

test('watch() shows what is there, a bookmark, then changes', async () => {
  const { api } = await aServer()
  await api.create(configMaps, aConfigMap('a', 'x'))
  const options = { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: true } as const
  const events = collect(api, options, 3)
  await api.create(configMaps, aConfigMap('b', 'x'))
  expect(await events).toEqual(['ADDED a', 'BOOKMARK true', 'ADDED b'])
})

test('watch() resumes from a revision', async () => {
  const { api } = await aServer()
  const a = await api.create(configMaps, aConfigMap('a', 'x'))
  await api.create(configMaps, aConfigMap('b', 'x'))
  await api.delete(configMaps, { name: 'a', namespace: 'default' })
  const { resourceVersion = '' } = a.metadata
  expect(await collect(api, { resourceVersion }, 2)).toEqual(['ADDED b', 'DELETED a'])
})

test('watch() adds what begins to match and deletes what ceases to', async () => {
  const { api } = await aServer()
  const events = collect(api, { labelSelector: 'tier=x' }, 3)
  await api.create(configMaps, aConfigMap('a', 'y'))
  for (const tier of ['x', 'y', 'x']) await api.update(configMaps, aConfigMap('a', tier))
  expect(await events).toEqual(['ADDED a', 'DELETED a', 'ADDED a'])
})

test('watch() answers Expired for a revision that was compacted', async () => {
  const { api } = await aServer(2)
  for (const name of ['a', 'b', 'c']) await api.create(configMaps, aConfigMap(name, 'x'))
  await expect(collect(api, { resourceVersion: '1' }, 1)).rejects.toMatchObject({ code: 'Expired' })
})

test('watch() ends when its time is over, and when it is aborted', async () => {
  const { api, env } = await aServer()
  const timed = collect(api, { timeoutSeconds: 5 }, 1)
  const controller = new AbortController()
  const aborted = collect(api, { signal: controller.signal }, 1)
  controller.abort()
  await env.advance(5000)
  expect([await timed, await aborted]).toEqual([[], []])
})

test('watch() sends bookmarks while nothing happens', async () => {
  const { api, env } = await aServer()
  const events = collect(api, { allowWatchBookmarks: true }, 1)
  await env.advance(60_000)
  expect(await events).toEqual(['BOOKMARK false'])
})
