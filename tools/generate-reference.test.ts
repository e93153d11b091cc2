import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkReference, renderReference, writeReference } from './generate-reference.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flotilla-reference-'))
})
afterAll(() => rm(directory, { recursive: true }))

test('checkReference() finds the committed pages current', async () => {
  expect(await checkReference()).toEqual([])
})

test('checkReference() finds a page that was edited, one that is missing and one of no kind', async () => {
  await writeReference(directory)
  expect(await checkReference(directory)).toEqual([])
  await writeFile(join(directory, 'cluster.md'), 'edited')
  await rm(join(directory, 'override-policy.md'))
  await writeFile(join(directory, 'teapot.md'), 'short and stout')
  expect(await checkReference(directory)).toEqual([
    'docs/reference/teapot.md is of no kind: delete it',
    'docs/reference/cluster.md is out of date: run npm run gen',
    'docs/reference/override-policy.md is out of date: run npm run gen',
  ])
})

test('renderReference() says of every field what it means', () => {
  const lines = [...renderReference().values()].flatMap((text) => text.split('\n'))
  expect(lines.filter((line) => /^\|.*\| +\|$/.test(line))).toEqual([])
})
