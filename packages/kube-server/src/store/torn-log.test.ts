// A write-ahead log that is cut anywhere: SQLite reads what is left as if that had been all.
import { cpSync, mkdtempSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isError } from '@flotilla/machinery/errors'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { openSqliteStore } from './sqlite-store.ts'

const env = createVirtualEnv({ seed: 1 })
const names = Array.from({ length: 30 }, (_, index) => `object-${index}`)
const keyOf = (name: string) => `configmaps/n/${name}`

/** A folder as a process leaves it that was killed once all of `names` were acknowledged. */
async function leaveFolder(root: string): Promise<string> {
  const [live, left] = [join(root, 'live'), join(root, 'left')]
  await using store = openSqliteStore({ env, folder: live })
  for (const name of names) {
    const metadata = { name, namespace: 'n' }
    await store.transact([{ key: keyOf(name), object: { apiVersion: 'v1', kind: 'ConfigMap', metadata } }])
  }
  cpSync(live, left, { recursive: true })
  return left
}

/** Names that are found, or the refusal. */
async function openCut(folder: string, cut: (log: string) => void): Promise<readonly string[] | string> {
  const torn = mkdtempSync(`${folder}-torn-`)
  cpSync(folder, torn, { recursive: true })
  cut(join(torn, 'store.sqlite-wal'))
  try {
    await using store = openSqliteStore({ env, folder: torn })
    return names.filter((name) => store.get(keyOf(name)) !== undefined)
  } catch (error) {
    if (!isError(error, 'Unavailable')) throw error
    return error.message
  }
}

test('openSqliteStore() has every acknowledged write or refuses, wherever its log is cut', async () => {
  const root = mkdtempSync(join(tmpdir(), 'flotilla-torn-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  const left = await leaveFolder(root)
  const { size } = statSync(join(left, 'store.sqlite-wal'))
  expect(await openCut(left, () => {})).toEqual(names)
  const anyCut = fc.asyncProperty(fc.nat(size - 1), async (length) => {
    expect(await openCut(left, (log) => truncateSync(log, length))).toMatch(
      /^Cannot use .*store\.sqlite: it ends at revision \d+ and had reached 30: .* Next: restore the whole data folder/,
    )
  })
  await fc.assert(anyCut, { numRuns: 100 })
})
