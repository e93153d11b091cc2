// Both stores against one list of behaviours, and against a model.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import type { KubeObject } from '@flotilla/machinery/object'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { createMemoryStore } from './memory-store.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { Store, StoreEvent } from './store.ts'

const folders: string[] = []

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-store-'))
  folders.push(folder)
  return folder
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function anObject(name: string, value = 'x', kind = 'ConfigMap'): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace: 'n' }, data: { value } }
}

interface Options {
  readonly history?: number
}

const env = createVirtualEnv({ seed: 1 })
const stores: readonly { name: string; open(options?: Options): Store }[] = [
  { name: 'memory', open: (options) => createMemoryStore({ env, ...options }) },
  { name: 'SQLite', open: (options) => openSqliteStore({ env, folder: aFolder(), freeze: true, ...options }) },
]

describe.each(stores)('the $name store', ({ open }) => {
  test('transact() gives every write the next revision and shows it', async () => {
    await using store = open()
    const [first, second] = await store.transact([
      { key: 'configmaps/n/a', object: anObject('a') },
      { key: 'configmaps/n/b', object: anObject('b') },
    ])
    expect([first?.revision, second?.revision, store.revision]).toEqual([1, 2, 2])
    expect(store.get('configmaps/n/a')?.object.metadata.resourceVersion).toBe('1')
  })

  test('transact() refuses what was expected otherwise, and writes nothing of it', async () => {
    await using store = open()
    await store.transact([{ key: 'configmaps/n/a', object: anObject('a') }])
    const again = store.transact([
      { key: 'configmaps/n/b', object: anObject('b') },
      { key: 'configmaps/n/a', expectedRevision: 0, object: anObject('a') },
    ])
    await expect(again).rejects.toMatchObject({ code: 'AlreadyExists' })
    const stale = store.transact([{ key: 'configmaps/n/a', expectedRevision: 7, object: anObject('a') }])
    await expect(stale).rejects.toMatchObject({ code: 'Conflict' })
    expect([store.revision, store.get('configmaps/n/b')]).toEqual([1, undefined])
  })

  test('list() pages through one revision while things change', async () => {
    await using store = open()
    const names = ['a', 'b', 'c', 'd']
    await store.transact(names.map((name) => ({ key: `configmaps/n/${name}`, object: anObject(name) })))
    const first = store.list({ prefix: 'configmaps/', limit: 2 })
    await store.transact([{ key: 'configmaps/n/c' }, { key: 'configmaps/n/bb', object: anObject('bb') }])
    const rest = store.list({ prefix: 'configmaps/', revision: first.revision, after: 'configmaps/n/b' })
    expect(first.remaining).toBe(2)
    expect([...first.items, ...rest.items].map(({ object }) => object.metadata.name)).toEqual(names)
  })

  test('eventsSince() answers Expired for what was compacted', async () => {
    await using store = open({ history: 2 })
    for (const name of ['a', 'b', 'c', 'd'])
      await store.transact([{ key: `configmaps/n/${name}`, object: anObject(name) }])
    expect(store.eventsSince(2).map(({ revision }) => revision)).toEqual([3, 4])
    expect(() => store.eventsSince(1)).toThrow('too old resource version: 1 (3)')
    expect(() => store.list({ prefix: 'configmaps/', revision: 1 })).toThrow('too old resource version')
  })

  test('a mutation of what is stored throws', async () => {
    await using store = open()
    await store.transact([{ key: 'configmaps/n/a', object: anObject('a') }])
    const object = store.get('configmaps/n/a')?.object as unknown as { data: Record<string, string> }
    expect(() => (object.data.value = 'y')).toThrow(TypeError)
  })

  test('the list at any revision and the events since make the list of now', async () => {
    const writes = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd', 'e'), isDelete: fc.boolean() }), {
      maxLength: 40,
    })
    const property = fc.asyncProperty(writes, fc.nat(), async (steps, pick) => {
      await using store = open()
      const model = new Map<string, number>()
      for (const { name, isDelete } of steps) {
        const key = `configmaps/n/${name}`
        if (isDelete && !model.has(key)) continue
        const [stored] = await store.transact([isDelete ? { key } : { key, object: anObject(name) }])
        if (isDelete) model.delete(key)
        else model.set(key, stored?.revision ?? 0)
      }
      const revision = store.revision === 0 ? 0 : pick % (store.revision + 1)
      const replayed = new Map(
        store.list({ prefix: 'configmaps/', revision }).items.map((one) => [one.key, one.revision]),
      )
      for (const event of store.eventsSince(revision)) replay(replayed, event)
      expect(replayed).toEqual(model)
      expect(store.list({ prefix: 'configmaps/' }).items.map(({ key }) => key)).toEqual([...model.keys()].toSorted())
    })
    await fc.assert(property, { numRuns: 30 })
  })
})

function replay(state: Map<string, number>, event: StoreEvent): void {
  if (event.type === 'DELETED') state.delete(event.key)
  else state.set(event.key, event.revision)
}

describe('openSqliteStore()', () => {
  test('finds everything again: objects, revision and the events of the past', async () => {
    const folder = aFolder()
    const first = openSqliteStore({ env, folder, history: 3 })
    for (const name of ['a', 'b', 'c']) await first.transact([{ key: `configmaps/n/${name}`, object: anObject(name) }])
    await first.transact([{ key: 'configmaps/n/a', object: anObject('a', 'y') }])
    await first.transact([{ key: 'configmaps/n/b' }])
    await first.close()
    await using second = openSqliteStore({ env, folder, history: 3 })
    expect([second.revision, second.compactedRevision]).toEqual([5, 2])
    expect(second.list({ prefix: 'configmaps/' }).items).toEqual(first.list({ prefix: 'configmaps/' }).items)
    expect(second.eventsSince(2)).toEqual(first.eventsSince(2))
  })

  test('shows a write only when it is durable, and commits those of one tick together', async () => {
    await using store = openSqliteStore({ env, folder: aFolder() })
    const writes = [1, 2, 3].map((n) => store.transact([{ key: `configmaps/n/${n}`, object: anObject(String(n)) }]))
    expect([store.get('configmaps/n/1'), store.head('configmaps/n/1')?.revision]).toEqual([undefined, 1])
    await Promise.all(writes)
    expect(store.get('configmaps/n/3')?.revision).toBe(3)
  })

  test('keeps Secrets unreadable in its files', async () => {
    const folder = aFolder()
    const store = openSqliteStore({ env, folder })
    const secret = Buffer.from('correct horse battery staple').toString('base64')
    await store.transact([{ key: 'secrets/n/a', object: anObject('a', secret, 'Secret') }])
    await store.transact([{ key: 'configmaps/n/a', object: anObject('a', 'plain text') }])
    const bytes = () =>
      readdirSync(folder)
        .map((file) => readFileSync(join(folder, file)).toString('latin1'))
        .join('')
    expect([bytes().includes(secret), bytes().includes('plain text')]).toEqual([false, true])
    await store.close()
    expect(bytes().includes(secret)).toBe(false)
    await using again = openSqliteStore({ env, folder })
    expect(again.get('secrets/n/a')?.object.data).toEqual({ value: secret })
  })

  test('refuses a folder that is in use', async () => {
    const folder = aFolder()
    await using store = openSqliteStore({ env, folder })
    expect(store.revision).toBe(0)
    expect(() => openSqliteStore({ env, folder })).toThrow(/Cannot open .*another process is using it/)
  })

  test('refuses a folder that a newer release wrote', async () => {
    const folder = aFolder()
    await openSqliteStore({ env, folder }).close()
    const database = new DatabaseSync(join(folder, 'store.sqlite'))
    database.exec('PRAGMA user_version = 99')
    database.close()
    expect(() => openSqliteStore({ env, folder })).toThrow(/a newer release wrote it \(schema 99/)
  })

  test('refuses a key file that others can read, and one that is not the right one', async () => {
    const folder = aFolder()
    await openSqliteStore({ env, folder }).close()
    const key = join(folder, 'encryption.key')
    expect(statSync(key).mode & 0o777).toBe(0o600)
    chmodSync(key, 0o644)
    expect(() => openSqliteStore({ env, folder })).toThrow(/others can read it \(mode 644\)/)
    rmSync(key)
    expect(() => openSqliteStore({ env, folder })).toThrow(/not the key that this data was encrypted with/)
  })

  test('answers Unavailable when the disk fails, keeps memory as the disk is, and goes on afterwards', async () => {
    const folder = aFolder()
    await using store = openSqliteStore({ env, folder })
    await store.transact([{ key: 'configmaps/n/a', object: anObject('a') }])
    const circular: Record<string, unknown> = {}
    circular.self = circular
    const failing = store.transact([{ key: 'configmaps/n/b', object: { ...anObject('b'), circular } }])
    await expect(failing).rejects.toMatchObject({ code: 'Unavailable' })
    expect([store.revision, store.head('configmaps/n/b')]).toEqual([1, undefined])
    const [next] = await store.transact([{ key: 'configmaps/n/b', object: anObject('b') }])
    expect(next?.revision).toBe(2)
  })
})
