// Rules in CEL until they are enforced: stored as they are and told of, where kube-apiserver compiles and enforces them.
import type { KubeObject } from '@flotilla/machinery/object'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../http/test-server.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const widgets = '/apis/example.com/v1/namespaces/default/widgets'
const warning =
  '299 - "the validation rules (x-kubernetes-validations) of widgets.example.com are stored but not enforced"'

function aDefinition(plural: string, rule: string): KubeObject {
  const number = { type: 'integer' }
  const spec = { type: 'object', properties: { a: number, b: number }, 'x-kubernetes-validations': [{ rule }] }
  const openAPIV3Schema = { type: 'object', properties: { spec } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind: plural.toUpperCase() },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  }
}

describe('rules in CEL', () => {
  let api: TestServer
  beforeAll(async () => {
    api = await startTestServer()
    await api.create(definitions, aDefinition('widgets', 'self.a <= self.b'))
  })
  afterAll(() => api?.[Symbol.asyncDispose]())

  test.each([
    { name: 'keeps', spec: { a: 1, b: 2 } },
    { name: 'breaks', spec: { a: 3, b: 2 } },
  ])('are not enforced on an object that $name them, and its writer is told', async ({ name, spec }) => {
    const body = { apiVersion: 'example.com/v1', kind: 'WIDGETS', metadata: { name }, spec }
    const { code, headers } = await api.call('admin', 'POST', widgets, { body })
    expect([code, headers['warning']]).toEqual([201, warning])
  })

  test('are stored even when they would not compile', async () => {
    const stored = await api.create(definitions, aDefinition('gadgets', 'self.zzz > 1'))
    expect(JSON.stringify(stored.spec)).toContain('"x-kubernetes-validations":[{"rule":"self.zzz > 1"}]')
  })
})
