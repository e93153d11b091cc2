import { describe, expect, it } from 'vitest'
import { createCommandEnv } from '../command-env.ts'
import { addressCheck } from './address-check.ts'

const env = createCommandEnv()

describe('addressCheck()', () => {
  it('refuses a name that leads to this machine', async () => {
    const check = addressCheck(env, { url: 'https://localhost:6443' }, 'eu-1', false)
    await expect(check()).rejects.toThrow(
      /^Cannot connect to cluster eu-1: localhost resolves to \S+, and its endpoint must not be on/,
    )
  })

  it.each([
    { name: 'while the hub itself is there', url: 'https://localhost:6443', allowLoopback: true },
    { name: 'when it is an address, which admission has judged', url: 'https://10.0.0.1:6443', allowLoopback: false },
    {
      name: 'when a proxy resolves it',
      url: 'https://localhost:6443',
      proxyUrl: 'http://proxy:3128',
      allowLoopback: false,
    },
  ])('lets it pass $name', async ({ allowLoopback, name: _, ...server }) => {
    await expect(addressCheck(env, server, 'eu-1', allowLoopback)()).resolves.toBeUndefined()
  })
})
