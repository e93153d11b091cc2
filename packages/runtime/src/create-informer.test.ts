import { createKubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { FaultGate } from '@flotilla/simulator/fault-gate'
import { describe, expect, test } from 'vitest'
import { createInformer } from './create-informer.ts'
import type { InformerOptions } from './informer.ts'
import { createVirtualEnv } from './virtual-env.ts'

const namespace = 'default'

function aConfigMap(name: string, data: Readonly<Record<string, string>> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels: { app: name } }, data }
}

async function aScene(options: Partial<InformerOptions<unknown>> = {}) {
  const env = createVirtualEnv({ seed: 1 })
  const store = createMemoryStore({ env })
  const server = await createKubeServer({ env, store })
  const direct = server.apiAs({ name: 'test', groups: ['system:masters'] })
  const gate = new FaultGate(env, 'server')
  const informer = createInformer<KubeObject>({
    env,
    api: gate.outside(direct),
    resource: configMaps,
    ...(options as Partial<InformerOptions<KubeObject>>),
  })
  const changes: string[] = []
  informer.onChange(({ key, before, after }) => {
    const shown = (row: KubeObject | undefined) => (row === undefined ? '-' : JSON.stringify(row['data'] ?? {}))
    changes.push(`${key} ${shown(before)} ${shown(after)}`)
  })
  return {
    env,
    store,
    direct,
    gate,
    informer,
    changes,
    create: (name: string, data?: Readonly<Record<string, string>>) =>
      direct.create(configMaps, aConfigMap(name, data)),
    change: (name: string, data: Readonly<Record<string, string>>) =>
      direct.patch(configMaps, { name, namespace }, { type: 'merge', patch: { data } }),
    remove: (name: string) => direct.delete(configMaps, { name, namespace }),
    names: () => [...informer.list()].map(({ metadata }) => metadata.name).toSorted(),
  }
}

const refusal = new FlotillaError('Invalid', 'sendInitialEvents is forbidden')
const unavailable = new FlotillaError('Unavailable', 'Cannot list: down')

describe('createInformer()', () => {
  for (const isRefused of [false, true]) {
    test(`reads what exists, then follows, ${isRefused ? 'by pages when watch-list is refused' : 'by watch-list'}`, async () => {
      const scene = await aScene({ pageSize: 2 })
      const lists: string[] = []
      scene.gate.failRequests(({ verb }) => verb === 'list' && lists.push(verb) < 0, refusal)
      if (isRefused) scene.gate.failRequests(({ verb }) => verb === 'watch', refusal, 1)
      for (const name of ['a', 'b', 'c', 'd', 'e']) await scene.create(name)
      expect(scene.informer.state).toBe('Partial')
      scene.informer.start()
      await scene.env.settle()
      await scene.informer.synced()
      expect([scene.informer.state, scene.informer.hasSynced, scene.informer.size]).toEqual(['Complete', true, 5])
      expect(lists).toHaveLength(isRefused ? 3 : 0)
      scene.changes.length = 0
      await scene.create('f', { a: '1' })
      await scene.change('f', { a: '2' })
      await scene.remove('f')
      await scene.env.settle()
      expect(scene.changes).toEqual(['default/f - {"a":"1"}', 'default/f {"a":"1"} {"a":"2"}', 'default/f {"a":"2"} -'])
      await scene.informer.stop()
    })
  }

  test('resumes after a broken watch and misses nothing', async () => {
    const scene = await aScene()
    await scene.create('a')
    await scene.create('b')
    scene.informer.start()
    await scene.env.settle()
    scene.gate.stop()
    await scene.remove('a')
    await scene.create('c')
    await scene.env.advance(60_000)
    expect(scene.names()).toEqual(['a', 'b'])
    expect(scene.informer.state).toBe('Failed')
    expect(scene.informer.lastError).toMatchObject({ code: 'Unavailable' })
    scene.changes.length = 0
    scene.gate.start()
    await scene.env.advance(60_000)
    expect(scene.names()).toEqual(['b', 'c'])
    expect(scene.informer.state).toBe('Complete')
    expect(scene.informer.lastError).toBeUndefined()
    expect(scene.changes).toEqual(['default/a {} -', 'default/c - {}'])
    await scene.informer.stop()
  })

  test('reads everything anew when its place is gone, and tells only what differs', async () => {
    const scene = await aScene()
    for (const name of ['a', 'b', 'c']) await scene.create(name)
    scene.informer.start()
    await scene.env.settle()
    scene.gate.stop()
    await scene.remove('a')
    await scene.change('b', { x: '1' })
    scene.store.compact(scene.store.revision)
    scene.changes.length = 0
    scene.gate.start()
    await scene.env.advance(60_000)
    expect(scene.names()).toEqual(['b', 'c'])
    expect(scene.changes.toSorted()).toEqual(['default/a {} -', 'default/b {} {"x":"1"}'])
    await scene.informer.stop()
  })

  test('removes nothing for a list that fails in the middle', async () => {
    const scene = await aScene({ pageSize: 1 })
    for (const name of ['a', 'b', 'c']) await scene.create(name)
    scene.gate.failRequests(({ verb }) => verb === 'watch', refusal, 1)
    scene.informer.start()
    await scene.env.settle()
    scene.gate.stop()
    await scene.remove('a')
    await scene.create('d')
    scene.store.compact(scene.store.revision)
    let lists = 0
    // The probe and the first page pass, the second page never does.
    scene.gate.failRequests(({ verb }) => verb === 'list' && ++lists > 2, unavailable, 10)
    scene.gate.start()
    await scene.env.advance(1500)
    expect(lists).toBeGreaterThan(2)
    expect(scene.names()).toEqual(['a', 'b', 'c'])
    expect(scene.informer.state).toBe('Failed')
    scene.gate.failNothing()
    await scene.env.advance(120_000)
    expect(scene.names()).toEqual(['b', 'c', 'd'])
    await scene.informer.stop()
  })

  test('keeps its rows while the server refuses to read', async () => {
    const scene = await aScene()
    await scene.create('a')
    scene.informer.start()
    await scene.env.settle()
    scene.gate.failRequests(() => true, new FlotillaError('NotFound', 'Cannot list: no such resource'))
    scene.gate.stop()
    scene.gate.start()
    await scene.env.advance(600_000)
    expect(scene.names()).toEqual(['a'])
    expect(scene.informer.state).toBe('Failed')
    await scene.informer.stop()
  })

  test('opens a watch anew that has said nothing for too long', async () => {
    const scene = await aScene({ idleDeadlineMs: 30_000 })
    await scene.create('a')
    scene.informer.start()
    await scene.env.settle()
    scene.gate.cut()
    await scene.create('b')
    await scene.env.advance(120_000)
    expect(scene.names()).toEqual(['a'])
    expect(scene.informer.lastError).toMatchObject({ code: 'Timeout' })
    scene.gate.heal()
    await scene.env.advance(60_000)
    expect(scene.names()).toEqual(['a', 'b'])
    expect(scene.informer.state).toBe('Complete')
    await scene.informer.stop()
  })

  test('says when it saw the server last', async () => {
    const scene = await aScene()
    expect(scene.informer.lastSeen).toBeUndefined()
    scene.informer.start()
    await scene.env.settle()
    await scene.env.advance(5000)
    await scene.create('a')
    await scene.env.settle()
    expect(scene.informer.lastSeen).toBe(scene.env.clock.now())
    await scene.informer.stop()
  })

  test('keeps what is projected, found by its indexes as they change', async () => {
    const scene = await aScene()
    const informer = createInformer<{ readonly name: string; readonly tags: readonly string[] }>({
      env: scene.env,
      api: scene.direct,
      resource: configMaps,
      project: (object) => ({
        name: object.metadata.name,
        tags: Object.values((object['data'] ?? {}) as Record<string, string>).toSorted(),
      }),
      indexes: { tag: (row) => row.tags },
    })
    await scene.create('a', { x: 'red', y: 'blue' })
    await scene.create('b', { x: 'red' })
    informer.start()
    await scene.env.settle()
    const found = (tag: string) => informer.byIndex('tag', tag).map(({ name }) => name)
    expect([found('red'), found('blue'), found('green')]).toEqual([['a', 'b'], ['a'], []])
    await scene.change('a', { x: 'green' })
    await scene.remove('b')
    await scene.env.settle()
    expect([found('red'), found('blue'), found('green')]).toEqual([[], ['a'], ['a']])
    expect(informer.get('default/a')).toEqual({ name: 'a', tags: ['blue', 'green'] })
    expect(() => informer.byIndex('none', 'x')).toThrow('there is no index none')
    await informer.stop()
  })

  test('drops managedFields when no projection is given', async () => {
    const scene = await aScene()
    await scene.create('a')
    scene.informer.start()
    await scene.env.settle()
    const row = scene.informer.get('default/a')
    expect(row?.metadata.labels).toEqual({ app: 'a' })
    expect(row?.metadata.managedFields).toBeUndefined()
    await scene.informer.stop()
  })

  test('selects by label', async () => {
    const scene = await aScene({ labelSelector: 'app=b' })
    await scene.create('a')
    await scene.create('b')
    scene.informer.start()
    await scene.env.settle()
    expect(scene.names()).toEqual(['b'])
    await scene.informer.stop()
  })

  test('tells a late listener every row at once, and none after it left', async () => {
    const scene = await aScene()
    await scene.create('a')
    scene.informer.start()
    await scene.env.settle()
    const heard: string[] = []
    const leave = scene.informer.onChange(({ key }) => heard.push(key))
    leave()
    await scene.create('b')
    await scene.env.settle()
    expect(heard).toEqual(['default/a'])
    await scene.informer.stop()
  })

  test('goes on when a listener fails, and logs it', async () => {
    const scene = await aScene()
    scene.informer.onChange(() => {
      throw new Error('listener broke')
    })
    const heard: string[] = []
    scene.informer.onChange(({ key }) => heard.push(key))
    await scene.create('a')
    scene.informer.start()
    await scene.env.settle()
    expect(heard).toEqual(['default/a'])
    expect(scene.env.logs.find(({ level }) => level === 'error')?.message).toBe('A listener failed on a change')
    await scene.informer.stop()
  })

  test('yields in a long list', async () => {
    const scene = await aScene()
    for (let i = 0; i < 1000; i++) await scene.create(`c${i}`)
    let yields = 0
    const { timers } = scene.env
    const counting = { ...timers, yield: () => (yields++, timers.yield()) }
    const informer = createInformer({
      env: { ...scene.env, timers: counting },
      api: scene.direct,
      resource: configMaps,
    })
    informer.start()
    await scene.env.settle()
    expect(informer.size).toBe(1000)
    expect(yields).toBeGreaterThanOrEqual(4)
    await informer.stop()
  })
})
