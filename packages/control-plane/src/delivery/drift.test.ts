import type { FieldsV1, KubeObject } from '@flotilla/machinery/object'
import type { KindSchema } from '@flotilla/machinery/schema'
import { describe, expect, test } from 'vitest'
import { builtinSchemaOf } from '../members/member-kinds.ts'
import { describeDrift, driftOf, parseFieldPath, yieldFields } from './drift.ts'

const schema = builtinSchemaOf('apps/v1', 'Deployment') as KindSchema
const secretSchema = builtinSchemaOf('v1', 'Secret') as KindSchema

function web(image: string, spec: object = {}, metadata: object = {}): KubeObject {
  const template = { spec: { containers: [{ name: 'web', image }] } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', ...metadata },
    spec: { template, ...spec },
  }
}

const ownedBy = (manager: string, fieldsV1: FieldsV1) => ({
  managedFields: [
    {
      manager,
      operation: 'Update' as const,
      apiVersion: 'apps/v1',
      time: '2026-01-01T00:00:00Z',
      fieldsType: 'FieldsV1' as const,
      fieldsV1,
    },
  ],
})
const imageOwned: FieldsV1 = {
  'f:spec': { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': { 'f:image': {} } } } } },
}

describe('driftOf()', () => {
  test('tells path, wanted, found, manager and since when', () => {
    expect(driftOf(web('a:1'), web('a:2', {}, ownedBy('kubectl-edit', imageOwned)), schema)).toEqual([
      {
        path: 'spec.template.spec.containers[name="web"].image',
        wanted: 'a:1',
        found: 'a:2',
        manager: 'kubectl-edit',
        since: '2026-01-01T00:00:00Z',
      },
    ])
  })

  test('tells what is missing', () => {
    expect(driftOf(web('a:1', { paused: true }), web('a:1'), schema)).toMatchObject([
      { path: 'spec.paused', wanted: true, found: undefined, manager: undefined },
    ])
  })

  test.each([
    { name: 'fields that are not stated', stated: web('a:1'), live: web('a:1', { replicas: 5 }), ignored: [] },
    {
      name: 'ignored fields',
      stated: web('a:1', { replicas: 2 }),
      live: web('a:1', { replicas: 5 }),
      ignored: ['spec.replicas'],
    },
    { name: 'what lies below an ignored field', stated: web('a:1'), live: web('a:2'), ignored: ['spec.template'] },
  ])('does not count $name', ({ stated, live, ignored }) => {
    expect(driftOf(stated, live, schema, ignored)).toEqual([])
  })

  test('hides values of Secrets', () => {
    const secret = (token: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { token },
    })
    const drift = driftOf(secret('aHVudGVy'), secret('b3RoZXI='), secretSchema)
    expect(drift).toMatchObject([{ path: 'data.token', wanted: '***', found: '***' }])
    expect(describeDrift(drift)).not.toMatch(/aHVudGVy|b3RoZXI/)
  })
})

describe('yieldFields()', () => {
  const live = web(
    'a:2',
    { replicas: 5 },
    ownedBy('rival', { 'f:spec': { 'f:replicas': {}, ...imageOwned['f:spec'] } }),
  )
  const stated = web('a:1', { replicas: 5, paused: true })

  test('leaves out what others changed', () => {
    const own = yieldFields(stated, live, schema, { ignored: [], yieldsChanges: true })
    expect(own['spec']).toEqual({ replicas: 5, paused: true, template: { spec: { containers: [{ name: 'web' }] } } })
  })

  test('leaves out ignored fields that others own', () => {
    const own = yieldFields(stated, live, schema, { ignored: ['spec.replicas'], yieldsChanges: false })
    expect(own['spec']).toMatchObject({ paused: true, template: { spec: { containers: [{ image: 'a:1' }] } } })
    expect(own['spec']).not.toHaveProperty('replicas')
  })

  test('is the very object when nobody else owns anything of it', () => {
    expect(yieldFields(stated, web('a:2'), schema, { ignored: ['spec.replicas'], yieldsChanges: true })).toBe(stated)
  })
})

describe('parseFieldPath()', () => {
  test.each([
    ['spec.replicas', ['f:spec', 'f:replicas']],
    ['metadata.labels[a.b/c]', ['f:metadata', 'f:labels', 'f:a.b/c']],
  ])('reads %s', (text, want) => expect(parseFieldPath(text)).toEqual(want))
})

describe('describeDrift()', () => {
  test('tells at most so many fields', () => {
    const one = { path: 'spec.x', wanted: 1, found: 2, manager: 'm', since: undefined }
    expect(describeDrift([one, one, one], 1)).toBe('spec.x: wanted 1, found 2 (m); and 2 more')
  })
})
