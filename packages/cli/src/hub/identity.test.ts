import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createCommandEnv } from '../command-env.ts'
import { aFolder } from '../../test/a-folder.ts'
import { openDataFolder } from './data-folder.ts'
import { ensureIdentity, type HolderIdentity } from './identity.ts'

function identityIn(path: string): HolderIdentity {
  using folder = openDataFolder(path)
  return ensureIdentity(createCommandEnv(), folder)
}

test('ensureIdentity() is the same in one folder, and another holder with the same key in a copy', () => {
  const folder = aFolder()
  const [original, copy] = [join(folder, 'hub'), join(folder, 'copy')]
  const first = identityIn(original)
  expect(identityIn(original).holder).toBe(first.holder)
  cpSync(original, copy, { recursive: true })
  const copied = identityIn(copy)
  expect(copied.holder).not.toBe(first.holder)
  expect([copied.hmac('x'), copied.generation]).toEqual([first.hmac('x'), first.generation])
  expect(identityIn(copy).holder).toBe(copied.holder)
  expect(identityIn(original).holder).toBe(first.holder)
})
