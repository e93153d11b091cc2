import { clusterResource } from '@flotilla/api/cluster'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { describe, expect, test } from 'vitest'
import { untilServed } from './until-served.ts'

/** Answers lists as `answers` say, one after the other; the last one for good. */
function apiThatAnswers(...answers: readonly (FlotillaError | 'ok')[]): { readonly api: KubeApi; asked: number } {
  const seen = { asked: 0 }
  const list = async () => {
    const answer = answers[Math.min(seen.asked++, answers.length - 1)]
    if (answer instanceof FlotillaError) throw answer
    return { items: [], resourceVersion: '1' }
  }
  return Object.assign(seen, { api: { list } as unknown as KubeApi })
}

const missing = new FlotillaError('NotFound', 'the server could not find the requested resource')
const starting = new FlotillaError('TooManyRequests', 'storage is (re)initializing')

describe('untilServed()', () => {
  test('untilServed() waits while a kind is unknown or its storage is made ready', async () => {
    const env = createVirtualEnv({ seed: 1 })
    const server = apiThatAnswers(missing, starting, 'ok')
    await env.complete(untilServed(env, server.api, [clusterResource]), { limitMs: 5_000, what: 'the kind' })
    expect(server.asked).toBe(3)
  })

  test('untilServed() gives up after its time, naming the kind', async () => {
    const env = createVirtualEnv({ seed: 1 })
    const waiting = untilServed(env, apiThatAnswers(missing).api, [clusterResource], 1_000)
    await expect(env.complete(waiting, { limitMs: 5_000, what: 'the kind' })).rejects.toThrow(
      'kind Cluster: it is not served',
    )
  })

  test('untilServed() throws what else the server answers', async () => {
    const env = createVirtualEnv({ seed: 1 })
    const refused = new FlotillaError('Forbidden', 'no')
    const waiting = untilServed(env, apiThatAnswers(refused).api, [clusterResource])
    await expect(env.complete(waiting, { limitMs: 5_000, what: 'the kind' })).rejects.toThrow('no')
  })
})
