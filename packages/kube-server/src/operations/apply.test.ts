// Two that apply the same object at once, when there is none yet.
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, test } from 'vitest'
import { createKubeServer } from '../server.ts'
import { createMemoryStore } from '../store/memory-store.ts'

async function anApi() {
  const env = createVirtualEnv({ seed: 1 })
  const server = await createKubeServer({ env, store: createMemoryStore({ env }) })
  return server.apiAs({ name: 'admin', groups: ['system:masters'] })
}

function aConfigMap(data: Readonly<Record<string, string>>, resourceVersion?: string): KubeObject {
  const metadata = { name: 'one', namespace: 'default', ...(resourceVersion === undefined ? {} : { resourceVersion }) }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }
}

describe('applying at once what is not there', () => {
  test('creates it once and applies the rest to it', async () => {
    const api = await anApi()
    const answers = await Promise.all([
      api.apply(configMaps, aConfigMap({ a: '1' }), { fieldManager: 'one' }),
      api.apply(configMaps, aConfigMap({ b: '1' }), { fieldManager: 'two' }),
    ])
    expect(answers.map(({ created, object }) => [created, object['data']])).toEqual([
      [true, { a: '1' }],
      [false, { a: '1', b: '1' }],
    ])
  })

  test('lets only one create it with a version that no object has', async () => {
    const api = await anApi()
    const unused = '9223372036854775807'
    const answers = await Promise.allSettled([
      api.apply(configMaps, aConfigMap({ a: '1' }, unused), { fieldManager: 'one' }),
      api.apply(configMaps, aConfigMap({ b: '1' }, unused), { fieldManager: 'two', force: true }),
    ])
    expect(answers).toMatchObject([{ value: { created: true } }, { reason: { code: 'Conflict' } }])
    expect(await api.get(configMaps, { namespace: 'default', name: 'one' })).toMatchObject({ data: { a: '1' } })
  })
})
