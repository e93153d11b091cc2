// A disk that fills up: what was acknowledged stays, what was not is refused with the way out, and space heals it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isError } from '@flotilla/machinery/errors'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteStore } from './sqlite-store.ts'
import type { Store } from './store.ts'

const env = createVirtualEnv({ seed: 1 })

/** The store in `folder`, and SQLite's own limit of its file's size: past it, writes fail as on a full disk. */
function openLimited(folder: string): { readonly store: Store; limit(pages: number): void } {
  const { exec } = DatabaseSync.prototype
  const databases: DatabaseSync[] = []
  DatabaseSync.prototype.exec = function record(this: DatabaseSync, sql: string) {
    databases.push(this)
    return exec.call(this, sql)
  }
  try {
    const store = openSqliteStore({ env, folder })
    return { store, limit: (pages) => databases[0]?.exec(`PRAGMA max_page_count = ${pages}`) }
  } finally {
    DatabaseSync.prototype.exec = exec
  }
}

const anObject = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n' },
  data: { value: name.repeat(1_000) },
})

/** Writes objects one after the other until one is refused; names of those that were acknowledged, and the refusal. */
async function fill(store: Store): Promise<{ readonly kept: readonly string[]; readonly error: unknown }> {
  const kept: string[] = []
  for (let i = 0; i < 10_000; i++) {
    const name = `object-${i}`
    try {
      await store.transact([{ key: `configmaps/n/${name}`, object: anObject(name) }])
    } catch (error) {
      return { kept, error }
    }
    kept.push(name)
  }
  throw new Error('the disk was never full')
}

test('the SQLite store on a full disk refuses with the way out, loses nothing acknowledged, and goes on with space', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-full-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const { store, limit } = openLimited(folder)
  limit(100)
  const { kept, error } = await fill(store)
  expect(kept.length).toBeGreaterThan(10)
  expect(isError(error, 'Unavailable') && error.message).toMatch(
    /^Cannot store configmaps\/n\/object-\d+ in .*store\.sqlite: the disk is full\. Next: free some space and try again/,
  )
  const revision = store.revision
  await expect(fill(store)).resolves.toMatchObject({ error: { code: 'Unavailable' } })
  const next = `object-${kept.length}`
  expect(store.get(`configmaps/n/${next}`)).toBeUndefined()
  limit(100_000)
  await store.transact([{ key: `configmaps/n/${next}`, object: anObject(next) }])
  await store.close()
  await using again = openSqliteStore({ env, folder })
  expect(again.revision).toBeGreaterThan(revision)
  for (const name of [...kept, next])
    expect(again.get(`configmaps/n/${name}`)?.object.data).toEqual(anObject(name).data)
})
