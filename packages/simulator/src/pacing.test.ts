import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { expect, test } from 'vitest'
import { Pacing } from './pacing.ts'

test('Pacing lets small and edited things be looked at always, big ones only now and then', async () => {
  const env = createVirtualEnv({ seed: 1 })
  const pacing = new Pacing(env)
  expect(pacing.waitMs('a', 1)).toBe(0)
  pacing.note('small', 10, 1)
  pacing.note('big', 2000, 1)
  expect([pacing.waitMs('small', 1), pacing.waitMs('big', 1), pacing.waitMs('big', 2)]).toEqual([0, 100, 0])
  await env.advance(60)
  expect(pacing.waitMs('big', 1)).toBe(40)
  await env.advance(40)
  expect(pacing.waitMs('big', 1)).toBe(0)
})
