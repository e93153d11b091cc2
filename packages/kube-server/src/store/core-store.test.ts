// What the core store makes of a disk that takes its time, or does not confirm.
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, test } from 'vitest'
import { CoreStore, type Journal } from './core-store.ts'
import type { StoreEvent } from './store.ts'

/** A disk that confirms when it is told to. */
class SlowDisk implements Journal {
  readonly transactions: string[][] = []
  #pending: PromiseWithResolvers<void>[] = []

  append(events: readonly StoreEvent[]): void {
    this.transactions.push(events.map(({ key, revision }) => `${key}@${revision}`))
  }

  sync(): Promise<void> {
    const pending = Promise.withResolvers<void>()
    this.#pending.push(pending)
    return pending.promise
  }

  confirm(): void {
    this.#pending.shift()?.resolve()
  }

  fail(): void {
    this.#pending.shift()?.reject(new Error('EIO'))
  }

  forget(): void {}

  close(): void {
    this.transactions.push(['closed'])
  }
}

const a = 'configmaps/n/a'
const b = 'configmaps/n/b'

const anObject = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'n' } })

function openStore() {
  const env = createVirtualEnv({ seed: 1 })
  const disk = new SlowDisk()
  const store = new CoreStore({ env, journal: disk })
  const written = async () => {
    const before = disk.transactions.length
    while (disk.transactions.length === before) await env.timers.yield()
  }
  return { store, disk, written }
}

describe('CoreStore on a slow disk', () => {
  test('shows and acknowledges a write only when it is durable, while the next one builds on it', async () => {
    const { store, disk, written } = openStore()
    const seen: string[] = []
    store.subscribe('configmaps', ({ key, revision }) => seen.push(`${key}@${revision}`))
    const first = store.transact([{ key: a, object: anObject('a'), expectedRevision: 0 }])
    await written()
    expect([store.get(a), store.head(a)?.revision, store.revision, seen]).toEqual([undefined, 1, 0, []])
    const second = store.transact([{ key: a, object: anObject('a'), expectedRevision: 1 }])
    const third = store.transact([{ key: b, object: anObject('b') }])
    await expect(store.transact([{ key: a, object: anObject('a'), expectedRevision: 1 }])).rejects.toThrow(/found 2/)
    disk.confirm()
    await first
    expect([store.get(a)?.revision, store.head(a)?.revision, store.get(b)]).toEqual([1, 2, undefined])
    disk.confirm()
    await Promise.all([second, third])
    expect(seen).toEqual([`${a}@1`, `${a}@2`, `${b}@3`])
    expect(disk.transactions).toEqual([[`${a}@1`], [`${a}@2`, `${b}@3`]])
  })

  test('closes when everything that was written is durable', async () => {
    const { store, disk, written } = openStore()
    const write = store.transact([{ key: a, object: anObject('a') }])
    await written()
    const closing = store.close()
    expect(disk.transactions).toEqual([[`${a}@1`]])
    disk.confirm()
    await Promise.all([write, closing])
    expect(disk.transactions).toEqual([[`${a}@1`], ['closed']])
  })

  test('writes nothing more once the disk did not confirm, and still reads', async () => {
    const { store, disk, written } = openStore()
    const first = store.transact([{ key: a, object: anObject('a') }])
    await written()
    disk.confirm()
    await first
    const lost = store.transact([{ key: b, object: anObject('b') }])
    await written()
    const behind = store.transact([{ key: a, object: anObject('a') }])
    disk.fail()
    const why = /the disk did not confirm an earlier write \(EIO\)\. Next: see to the disk, then restart/
    await expect(lost).rejects.toThrow(why)
    await expect(behind).rejects.toThrow(why)
    await expect(store.transact([{ key: b, object: anObject('b') }])).rejects.toMatchObject({ code: 'Unavailable' })
    expect([store.get(a)?.revision, store.head(a)?.revision, store.get(b), store.revision]).toEqual([
      1,
      1,
      undefined,
      1,
    ])
  })
})
