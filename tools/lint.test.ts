// Proves that the lint rules bite: a planted violation in a folder laid out like this one must be reported.
import { execFile } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = dirname(import.meta.dirname)
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'flotilla-lint-'))
  await copyFile(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Lints `source` as if it stood at `file`; answers what oxlint printed. */
async function lint(file: string, source: string): Promise<string> {
  const path = join(folder, file)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, source)
  const bin = join(root, 'node_modules', '.bin', 'oxlint')
  return new Promise((resolve) => {
    execFile(bin, ['-c', join(folder, '.oxlintrc.json'), path], { cwd: folder }, (_error, stdout, stderr) => {
      resolve(stdout + stderr)
    })
  })
}

describe('oxlint', () => {
  const planted = [
    { name: 'the clock', source: 'export const now = Date.now()', want: 'no-restricted-properties' },
    { name: 'chance', source: 'export const x = Math.random()', want: 'no-restricted-properties' },
    { name: 'an identity', source: 'export const x = crypto.randomUUID()', want: 'no-restricted-properties' },
    { name: 'a timer', source: 'setTimeout(() => {}, 1)', want: 'no-restricted-globals' },
    { name: 'the network', source: 'await fetch("http://127.0.0.1")', want: 'no-restricted-globals' },
    {
      name: 'files',
      source: `import { readFileSync } from 'node:fs'\nreadFileSync('x')`,
      want: 'no-restricted-imports',
    },
    { name: 'sockets', source: `import { connect } from 'node:http2'\nconnect('x')`, want: 'no-restricted-imports' },
    { name: 'any', source: 'export const x: any = 1', want: 'no-explicit-any' },
    { name: 'a default export', source: 'export default 1', want: 'no-default-export' },
  ]
  test.each(planted)('refuses $name in a room that takes Env', async ({ source, want }) => {
    expect(await lint('packages/control-plane/src/planted.ts', `${source}\n`)).toContain(want)
  })

  test.each(planted.slice(0, 7))('allows $name where it is at home', async ({ source }) => {
    expect(await lint('packages/cli/src/planted.ts', `${source}\n`)).toContain('0 errors')
  })

  test('refuses a focused test', async () => {
    const source = `import { expect, test } from 'vitest'\ntest.only('x', () => { expect(1).toBe(1) })\n`
    expect(await lint('packages/cli/src/planted.test.ts', source)).toContain('no-focused-tests')
  })
})
