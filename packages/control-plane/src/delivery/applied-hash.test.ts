import { createHash, createHmac } from 'node:crypto'
import { canonicalJson } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { appliedHash } from './applied-hash.ts'

const secret: KubeObject = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'key' },
  data: { token: 'aHVudGVyMg==' },
}
const keyed = (key: string) => (text: string) => createHmac('sha256', key).update(text).digest('base64url')

describe('appliedHash()', () => {
  test('is keyed: who guesses the value of a Secret cannot confirm it without the key of the hub', () => {
    const hash = appliedHash(secret, keyed('ours'))
    expect(hash).toBe(appliedHash({ ...secret }, keyed('ours')))
    expect(hash).not.toBe(appliedHash(secret, keyed('another')))
    expect(hash).not.toBe(createHash('sha256').update(canonicalJson(secret)).digest('base64url'))
  })
})
