// How many requests of one user are let through.
import { describe, expect, test } from 'vitest'
import { createRequestLimits } from './request-limits.ts'

const bob = { name: 'bob', groups: [] }
const eve = { name: 'eve', groups: [] }
const refused = expect.objectContaining({ code: 'TooManyRequests', details: { retryAfterSeconds: 1 } }) as Error

describe('createRequestLimits()', () => {
  test('counts each user alone, and reads, writes and watches alone', () => {
    const limits = createRequestLimits({ reading: 2, writing: 1, watching: 1 })
    limits.enter(bob, 'get')
    limits.enter(bob, 'list')
    expect(() => limits.enter(bob, 'get')).toThrow(refused)
    limits.enter(bob, 'patch')
    expect(() => limits.enter(bob, 'create')).toThrow(refused)
    limits.enter(bob, 'watch')
    expect(() => limits.enter(bob, 'watch')).toThrow(refused)
    limits.enter(eve, 'get')
  })

  test('lets the next in when one leaves', () => {
    const limits = createRequestLimits({ reading: 1 })
    for (let i = 0; i < 3; i++) limits.enter(bob, 'get')()
    limits.enter(bob, 'get')
    expect(() => limits.enter(bob, 'get')).toThrow(refused)
  })

  test('never holds the administrators of the machine', () => {
    const limits = createRequestLimits({ reading: 0 })
    limits.enter({ name: 'root', groups: ['system:masters'] }, 'get')
    expect(() => limits.enter(bob, 'get')).toThrow(refused)
  })
})
