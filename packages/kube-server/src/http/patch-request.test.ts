// The four kinds of patch over the wire, and what is no patch.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from './test-server.ts'

let api: TestServer
const path = '/api/v1/namespaces/default/configmaps/one'
const type = (name: string) => ({ 'content-type': `application/${name}` })

beforeAll(async () => {
  api = await startTestServer()
  await api.create('/api/v1/namespaces/default/configmaps', { metadata: { name: 'one' }, data: { a: '1' } })
})
afterAll(() => api[Symbol.asyncDispose]())

describe('patchRequest()', () => {
  test.each([
    { kind: 'json-patch+json', body: [{ op: 'add', path: '/data/j', value: '1' }], key: 'j' },
    { kind: 'merge-patch+json', body: { data: { m: '1' } }, key: 'm' },
    { kind: 'strategic-merge-patch+json; charset=utf-8', body: { data: { s: '1' } }, key: 's' },
    {
      kind: 'apply-patch+yaml',
      query: '?fieldManager=x',
      body: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\ndata: {w: "1"}',
      key: 'w',
    },
  ])('takes $kind', async ({ kind, body, key, query = '' }) => {
    const { code, text } = await api.call('admin', 'PATCH', path + query, { body, headers: type(kind) })
    expect([code, JSON.parse(text).data[key]]).toEqual([200, '1'])
  })

  test.each([
    { name: 'no type of a patch', kind: 'json', body: {}, code: 415 },
    { name: 'a name of a prototype', kind: '__proto__', body: {}, code: 415 },
    { name: 'a list that merges', kind: 'merge-patch+json', body: [], code: 400 },
    { name: 'an object of operations', kind: 'json-patch+json', body: {}, code: 400 },
    { name: 'broken JSON', kind: 'merge-patch+json', body: '{', code: 400 },
    { name: 'a prototype key', kind: 'merge-patch+json', body: '{"__proto__":{"x":1}}', code: 400 },
    { name: 'force without apply', kind: 'merge-patch+json', query: '?force=true', body: {}, code: 422 },
    { name: 'apply without a manager', kind: 'apply-patch+yaml', body: {}, code: 422 },
    {
      name: 'too many operations',
      kind: 'json-patch+json',
      body: Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: 1 })),
      code: 413,
    },
  ])('refuses $name: $code', async ({ kind, body, code, query = '' }) => {
    const answer = await api.call('admin', 'PATCH', path + query, { body, headers: type(kind) })
    expect(answer.code).toBe(code)
  })
})
