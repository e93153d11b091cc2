import { createKubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi, WatchEvent, WatchOptions } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { FaultGate } from '@flotilla/simulator/fault-gate'
import { expect, test } from 'vitest'
import { createInformer } from './create-informer.ts'
import type { InformerOptions } from './informer.ts'
import { createVirtualEnv } from './virtual-env.ts'

const namespace = 'default'
const unavailable = new FlotillaError('Unavailable', 'Cannot watch: down')
const expired = new FlotillaError('Expired', 'Cannot watch: too old')

type Watch = (options: WatchOptions, open: () => AsyncIterable<WatchEvent>) => AsyncIterable<WatchEvent>

async function aScene(options: Partial<InformerOptions<unknown>> = {}) {
  const env = createVirtualEnv({ seed: 1 })
  const server = await createKubeServer({ env, store: createMemoryStore({ env }) })
  const direct = server.apiAs({ name: 'test', groups: ['system:masters'] })
  const gate = new FaultGate(env, 'server')
  const asked: string[] = []
  let breakWatch: Watch | undefined
  const gated = gate.outside(direct)
  const api: KubeApi = {
    ...gated,
    list: (resource, options) => {
      asked.push('list')
      return gated.list(resource, options)
    },
    watch: <T extends KubeObject>(resource: typeof configMaps, options: WatchOptions = {}) => {
      asked.push('watch')
      const open = () => gated.watch(resource, options)
      return (breakWatch?.(options, open) ?? open()) as AsyncIterable<WatchEvent<T>>
    },
  }
  const informer = createInformer<KubeObject>({ env, api, resource: configMaps, ...(options as object) })
  const create = (name: string) =>
    direct.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } })
  await create('a')
  return {
    env,
    gate,
    asked,
    informer,
    create,
    breakWatches(how: Watch | undefined) {
      breakWatch = how
    },
    names: () => [...informer.list()].map(({ metadata }) => metadata.name).toSorted(),
  }
}

type Scene = Awaited<ReturnType<typeof aScene>>

const bookmark: WatchEvent = { type: 'BOOKMARK', resourceVersion: '1', initialEventsEnd: false }

async function* first(events: AsyncIterable<WatchEvent>, count: number): AsyncGenerator<WatchEvent> {
  let seen = 0
  for await (const event of events) {
    yield event
    if (++seen >= count) return
  }
}

const faults: readonly { name: string; begin: (scene: Scene) => void }[] = [
  {
    name: 'refuses watches and answers lists',
    begin: ({ gate }) => gate.failRequests(({ verb }) => verb === 'watch', unavailable),
  },
  { name: 'refuses watches and lists', begin: ({ gate }) => gate.failRequests(() => true, unavailable) },
  {
    name: 'forbids what it served before',
    begin: ({ gate }) => gate.failRequests(() => true, new FlotillaError('Forbidden', 'Cannot list: no rights')),
  },
  {
    name: 'ends every watch at once',
    begin: ({ breakWatches }) => breakWatches(async function* () {}),
  },
  {
    name: 'ends every watch after a bookmark',
    begin: ({ breakWatches }) =>
      breakWatches(async function* () {
        yield bookmark
      }),
  },
  {
    name: 'breaks every watch after a bookmark',
    begin: ({ breakWatches }) =>
      breakWatches(async function* () {
        yield bookmark
        throw unavailable
      }),
  },
  {
    name: 'ends every watch after one event',
    begin: ({ breakWatches }) => breakWatches((_, open) => first(open(), 1)),
  },
  {
    name: 'sends the same event anew on every watch, which it then breaks',
    begin: ({ breakWatches }) =>
      breakWatches(async function* () {
        yield { type: 'MODIFIED', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace } } }
        throw unavailable
      }),
  },
  {
    name: 'has forgotten every place',
    begin: ({ gate }) => gate.failRequests(({ verb }) => verb === 'watch', expired),
  },
  {
    name: 'has forgotten every place, and says so after a bookmark',
    begin: ({ breakWatches }) =>
      breakWatches(async function* () {
        yield bookmark
        throw expired
      }),
  },
]

for (const isWatching of [true, false]) {
  for (const { name, begin } of faults) {
    test(`Reflector asks less and less of a server that ${name} ${isWatching ? 'after a while' : 'from the start'}`, async () => {
      const scene = await aScene()
      if (isWatching) {
        scene.informer.start()
        await scene.env.advance(60_000)
        scene.gate.stop()
        scene.gate.start()
      }
      begin(scene)
      scene.asked.length = 0
      scene.informer.start()
      await scene.env.advance(60_000)
      // A minute holds about 9 steps of a backoff that begins at 200 ms and doubles, of up to 3 requests each.
      expect(scene.asked.length).toBeLessThan(40)
      scene.asked.length = 0
      await scene.env.advance(600_000)
      expect(scene.asked.length).toBeLessThan(160)
      expect(scene.asked.length).toBeGreaterThan(5)
      scene.gate.failNothing()
      scene.breakWatches(undefined)
      await scene.create('b')
      await scene.env.advance(120_000)
      expect([scene.informer.state, scene.names()]).toEqual(['Complete', ['a', 'b']])
      await scene.informer.stop()
    })
  }
}

test('Reflector opens a watch anew at once that lived long, and soon again after such a one broke', async () => {
  const scene = await aScene()
  scene.gate.failRequests(() => true, unavailable)
  scene.informer.start()
  await scene.env.advance(300_000)
  scene.gate.failNothing()
  let watches = 0
  scene.breakWatches(async function* ({ signal }, open) {
    if (++watches === 1) return yield* open()
    await scene.env.timers.sleep(20_000, signal)
    if (watches === 3) throw unavailable
  })
  await scene.env.advanceUntil(() => scene.informer.state === 'Complete', { limitMs: 60_000, what: 'a list' })
  scene.gate.stop()
  scene.gate.start()
  await scene.env.advanceUntil(() => watches === 2, { limitMs: 60_000, what: 'a watch' })
  await scene.env.advance(20_000)
  expect(watches).toBe(3)
  await scene.env.advance(20_000)
  expect(watches).toBe(3)
  await scene.env.advance(200)
  expect(watches).toBe(4)
  await scene.informer.stop()
})

test('Reflector fails a list whose pages lead back to the same place', async () => {
  const scene = await aScene()
  const env = scene.env
  const page = { apiVersion: 'v1', kind: 'ConfigMapList', items: [], resourceVersion: '1', continue: 'here' }
  let lists = 0
  const api = {
    list: async () => (lists++, page),
    watch: async function* () {
      yield* []
      throw new FlotillaError('Invalid', 'sendInitialEvents is forbidden')
    },
  } as unknown as KubeApi
  const informer = createInformer({ env, api, resource: configMaps })
  informer.start()
  await env.advance(60_000)
  expect(lists).toBeLessThan(40)
  expect(informer.state).toBe('Failed')
  await informer.stop()
})

const version = (resourceVersion: string, name = 'a'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace, resourceVersion },
})

/** Gives each watch its events, the last one those of the server; tells where each began. */
function script(scene: Scene, ...watches: readonly (readonly WatchEvent[])[]): (string | undefined)[] {
  const places: (string | undefined)[] = []
  scene.breakWatches(async function* ({ resourceVersion }, open) {
    const events = watches[places.length]
    places.push(resourceVersion)
    if (events === undefined) yield* open()
    else yield* events
  })
  return places
}

const initial = (resourceVersion: string): WatchEvent => ({ type: 'BOOKMARK', resourceVersion, initialEventsEnd: true })

test('Reflector resumes from its last event or bookmark', async () => {
  const scene = await aScene()
  const places = script(
    scene,
    [{ type: 'ADDED', object: version('3') }, initial('4')],
    [{ type: 'MODIFIED', object: version('7') }],
    [{ type: 'BOOKMARK', resourceVersion: '9', initialEventsEnd: false }],
    [],
  )
  scene.informer.start()
  await scene.env.advance(3000)
  expect(places.slice(0, 4)).toEqual([undefined, '4', '7', '9'])
  await scene.informer.stop()
})

test('Reflector takes initial events that end early for no whole list', async () => {
  const scene = await aScene()
  script(scene, [{ type: 'ADDED', object: version('3', 'x') }], [{ type: 'ADDED', object: version('3', 'y') }])
  scene.informer.start()
  await scene.env.settle()
  expect([scene.informer.hasSynced, scene.informer.state, scene.names()]).toEqual([false, 'Failed', ['x']])
  await scene.env.advance(60_000)
  expect([scene.informer.hasSynced, scene.informer.state, scene.names()]).toEqual([true, 'Complete', ['a']])
  await scene.informer.stop()
})

test('Reflector drops what is deleted among the initial events', async () => {
  const scene = await aScene()
  script(scene, [
    { type: 'ADDED', object: version('3') },
    { type: 'ADDED', object: version('3', 'b') },
    { type: 'DELETED', object: version('4') },
    initial('5'),
  ])
  scene.informer.start()
  await scene.env.settle()
  expect([scene.informer.hasSynced, scene.names()]).toEqual([true, ['b']])
  await scene.informer.stop()
})

test('Reflector keeps a watch for as long as it says something within the deadline', async () => {
  const scene = await aScene({ idleDeadlineMs: 30_000 })
  scene.informer.start()
  for (let i = 0; i < 10; i++) {
    await scene.env.advance(20_000)
    await scene.create(`b${i}`)
  }
  await scene.env.settle()
  expect(scene.asked).toEqual(['watch'])
  await scene.informer.stop()
})

test('Reflector lists a server that never ends its initial events', async () => {
  const scene = await aScene({ idleDeadlineMs: 30_000 })
  scene.breakWatches(({ sendInitialEvents, signal }, open) => {
    if (!sendInitialEvents) return open()
    return (async function* (): AsyncGenerator<WatchEvent> {
      yield { type: 'ADDED', object: version('1') }
      await scene.env.timers.sleep(3_600_000, signal)
    })()
  })
  scene.informer.start()
  await scene.env.advance(40_000)
  expect(scene.asked).toEqual(['watch', 'list', 'watch'])
  expect(scene.informer.state).toBe('Complete')
  await scene.informer.stop()
})

test('Reflector calls nothing Complete after a failure before the server has answered', async () => {
  const scene = await aScene()
  scene.informer.start()
  await scene.env.advance(20_000)
  scene.gate.stop()
  await scene.env.settle()
  expect(scene.informer.state).toBe('Failed')
  scene.gate.failRequests(({ verb }) => verb === 'list', unavailable)
  scene.gate.start()
  await scene.env.advance(60_000)
  expect(scene.informer.state).toBe('Failed')
  scene.gate.failNothing()
  await scene.env.advance(60_000)
  expect([scene.informer.state, scene.informer.lastError]).toEqual(['Complete', undefined])
  await scene.informer.stop()
})

test('Reflector hears nothing any more once it was stopped', async () => {
  const scene = await aScene()
  const late = Promise.withResolvers<void>()
  scene.breakWatches(async function* () {
    yield { type: 'ADDED', object: version('3') }
    yield initial('4')
    await late.promise
    yield { type: 'ADDED', object: version('5', 'b') }
  })
  scene.informer.start()
  await scene.env.settle()
  const stopped = scene.informer.stop()
  late.resolve()
  await stopped
  expect(scene.names()).toEqual(['a'])
})

test('Reflector gives kind and apiVersion to items that a list leaves without', async () => {
  const scene = await aScene()
  scene.breakWatches(async function* () {
    yield { type: 'ADDED', object: { ...version('3'), apiVersion: '', kind: '' } }
    yield initial('4')
  })
  scene.informer.start()
  await scene.env.settle()
  expect(scene.informer.get('default/a')).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' })
  await scene.informer.stop()
})
