import { createKubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { expect, test } from 'vitest'
import { Cached } from './cached.ts'

const aConfigMap = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
})

async function aCache() {
  const env = createVirtualEnv({ seed: 1 })
  const server = await createKubeServer({ env, store: createMemoryStore({ env }) })
  const api = server.apiAs({ name: 'test', groups: ['system:masters'] })
  const cached = new Cached({ env, api, resource: configMaps, fieldManager: 'test' })
  cached.start()
  await env.settle()
  return { env, cached, complete: <T>(step: Promise<T>) => env.complete(step, { limitMs: 1000, what: 'a write' }) }
}

test('Cached.create() answers once the cache shows the object', async () => {
  const { cached, complete } = await aCache()
  await complete(cached.create(aConfigMap('a')))
  expect(cached.rows.get('default/a')?.metadata.name).toBe('a')
  await cached.stop()
})

test('Cached.createNamed() takes the next name when one is taken, and gives up in the end', async () => {
  const { cached, complete } = await aCache()
  await complete(cached.create(aConfigMap('a')))
  const names = ['a', 'a', 'b']
  const created = await complete(cached.createNamed(() => aConfigMap(names.shift() ?? '')))
  expect(created.metadata.name).toBe('b')
  let tries = 0
  const always = cached.createNamed(() => (tries++, aConfigMap('a')))
  await expect(complete(always)).rejects.toMatchObject({ code: 'AlreadyExists' })
  expect(tries).toBe(8)
  await cached.stop()
})
