// Server-side apply worked by hand, and the laws that it keeps. What kube-apiserver answers: apply.fixtures.test.ts.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyObject, trackUpdate, type ApplyRequest, type UpdateRequest } from './apply.ts'
import { isError } from './errors.ts'
import { fieldSetOfNames } from './field-set.ts'
import type { KubeObject } from './object.ts'
import { aWidget, arbitrarySpec, ownersOf, widgetSchema } from './test/widget.ts'

const time = '2026-01-01T00:00:00Z'
const later = '2026-01-02T00:00:00Z'

function apply(live: KubeObject | undefined, applied: KubeObject, more: Partial<ApplyRequest> = {}): KubeObject {
  const base = { applied, schema: widgetSchema, manager: 'a', force: false, time }
  return applyObject({ ...base, ...(live === undefined ? {} : { live }), ...more })
}

function update(live: KubeObject | undefined, updated: KubeObject, more: Partial<UpdateRequest> = {}): KubeObject {
  const base = { updated, schema: widgetSchema, manager: 'u', time }
  return trackUpdate({ ...base, ...(live === undefined ? {} : { live }), ...more })
}

function errorOf(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  return undefined
}

describe('applyObject()', () => {
  it('applyObject() gives the applier what it applied', () => {
    const applied = aWidget({ size: 1, names: ['x'], ports: [{ port: 1 }], args: ['y'], whole: { a: '1' } })
    const got = apply(undefined, applied)
    expect({ ...got, metadata: { name: got.metadata.name } }).toEqual(applied)
    expect(got.metadata.managedFields).toEqual([
      {
        manager: 'a',
        operation: 'Apply',
        apiVersion: 'example.com/v1',
        time,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:args': {},
            'f:names': { 'v:"x"': {} },
            'f:ports': { 'k:{"port":1,"protocol":"TCP"}': { '.': {}, 'f:port': {} } },
            'f:size': {},
            'f:whole': {},
          },
        },
      },
    ])
  })

  it('applyObject() returns the live object itself when nothing changes', () => {
    const live = apply(undefined, aWidget({ size: 1, ports: [{ port: 1, protocol: 'TCP' }] }))
    expect(apply(live, aWidget({ size: 1, ports: [{ protocol: 'TCP', port: 1 }] }), { time: later })).toBe(live)
  })

  it('applyObject() keeps its time when it only gives up a field that stays', () => {
    const shared = apply(apply(undefined, aWidget({ size: 1 })), aWidget({ size: 1 }), { manager: 'b', time: later })
    const got = apply(shared, aWidget(), { time: later })
    expect(got.spec).toEqual({ size: 1 })
    expect(ownersOf(got)).toEqual({ 'b Apply': { 'f:spec': { 'f:size': {} } } })
  })

  it('applyObject() throws Conflict that names every field and its owner', () => {
    const live = update(apply(undefined, aWidget({ size: 1, args: ['x'] })), aWidget({ size: 2, args: ['x'] }))
    const error = errorOf(() => apply(live, aWidget({ size: 3, args: ['y'] }), { manager: 'b' }))
    expect(error).toMatchObject({
      code: 'Conflict',
      message: [
        'Apply failed with 2 conflicts: conflicts with "a":',
        '- .spec.args',
        'conflicts with "u" using example.com/v1:',
        '- .spec.size',
      ].join('\n'),
      details: {
        causes: [
          { reason: 'FieldManagerConflict', message: 'conflict with "a"', field: '.spec.args' },
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "u" using example.com/v1',
            field: '.spec.size',
          },
        ],
      },
    })
  })

  it('applyObject() words a conflict on a subresource', () => {
    const live = update(aWidget(), aWidget(undefined, { status: { phase: 'Up' } }), { subresource: 'status' })
    const tracked = update(undefined, live, { subresource: 'status' })
    const error = errorOf(() => apply(tracked, aWidget(undefined, { status: { phase: 'Down' } })))
    expect(error).toMatchObject({
      message:
        'Apply failed with 1 conflict: ' +
        'conflict with "u" with subresource "status" using example.com/v1: .status.phase',
    })
  })

  it('applyObject() takes fields from their owners when forced', () => {
    const live = apply(undefined, aWidget({ size: 1, args: ['x'] }))
    const got = apply(live, aWidget({ size: 2 }), { manager: 'b', force: true, time: later })
    expect(ownersOf(got)).toEqual({
      'a Apply': { 'f:spec': { 'f:args': {} } },
      'b Apply': { 'f:spec': { 'f:size': {} } },
    })
  })

  it('applyObject() takes a field with its last content, or leaves it null where that tells', () => {
    const live = apply(undefined, aWidget({ whole: { a: '1' } }))
    expect(apply(live, aWidget({}))['spec']).toBeUndefined()
    expect(apply(live, aWidget({}), { keepsEmptied: true })['spec']).toBeNull()
  })

  it('applyObject() removes what it no longer applies but keeps what others own', () => {
    const mine = apply(undefined, aWidget({ size: 1, granular: { a: '1', b: '1' }, names: ['x', 'y'] }))
    const shared = apply(mine, aWidget({ granular: { b: '1' }, names: ['y'] }), { manager: 'b' })
    expect(apply(shared, aWidget()).spec).toEqual({ granular: { b: '1' }, names: ['y'] })
  })

  it('applyObject() leaves fields alone that nobody ever owned', () => {
    const live = apply(undefined, aWidget({ ports: [{ port: 1, name: 'n' }] }))
    const defaulted = { ...live, spec: { ports: [{ port: 1, name: 'n', protocol: 'TCP' }] } }
    expect(apply(defaulted, aWidget({ ports: [{ port: 1 }] })).spec).toEqual({ ports: [{ port: 1, protocol: 'TCP' }] })
  })

  it('applyObject() gives what was there to before-first-apply', () => {
    const live = aWidget({ size: 1, args: ['x'] })
    expect(ownersOf(apply(live, aWidget({ size: 1 })))).toEqual({
      'a Apply': { 'f:spec': { 'f:size': {} } },
      'before-first-apply Update': { 'f:spec': { '.': {}, 'f:args': {}, 'f:size': {} } },
    })
  })

  it('applyObject() counts owners of older versions of the kind', () => {
    const old = { ...aWidget({ size: 1 }), apiVersion: 'example.com/v1beta1' }
    const live = { ...apply(undefined, old), apiVersion: 'example.com/v1' }
    expect(
      isError(
        errorOf(() => apply(live, aWidget({ size: 2 }), { manager: 'b' })),
        'Conflict',
      ),
    ).toBe(true)
    const got = apply(live, aWidget({ args: ['x'] }))
    expect(got.spec).toEqual({ args: ['x'] })
    expect(got.metadata.managedFields).toMatchObject([{ manager: 'a', apiVersion: 'example.com/v1' }])
  })

  it('applyObject() merges a kind of which nothing is known by its maps', () => {
    const schema = { root: {}, resolve: () => undefined }
    const mine = apply(undefined, aWidget({ a: { b: 1 }, list: [{ c: 1 }] }), { schema })
    const got = apply(mine, aWidget({ a: { d: 2 }, list: [] }), { schema, manager: 'b', force: true })
    expect(got.spec).toEqual({ a: { b: 1, d: 2 }, list: [] })
    expect(ownersOf(got)).toMatchObject({
      'a Apply': { 'f:spec': { 'f:a': { 'f:b': {} } } },
      'b Apply': { 'f:spec': { 'f:a': { 'f:d': {} }, 'f:list': {} } },
    })
  })

  it('applyObject() knows the metadata of objects that are embedded', () => {
    const embedded = { type: 'object', 'x-kubernetes-embedded-resource': true, properties: {} } as const
    const schema = { root: { type: 'object', properties: { spec: embedded } } as const, resolve: () => undefined }
    const pod = (finalizer: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', finalizers: [finalizer] },
    })
    const mine = apply(undefined, aWidget(pod('x/a')), { schema })
    expect(apply(mine, aWidget(pod('x/b')), { schema, manager: 'b' }).spec).toMatchObject({
      metadata: { finalizers: ['x/a', 'x/b'] },
    })
  })

  it('applyObject() owns none of the fields that the endpoint resets', () => {
    const applied = aWidget({ size: 1 }, { status: { phase: 'Up' } })
    const got = apply(undefined, applied, { resetFields: fieldSetOfNames(['status']) })
    expect(ownersOf(got)).toEqual({ 'a Apply': { 'f:spec': { 'f:size': {} } } })
  })

  it.each([
    { name: 'an unknown field', given: aWidget({ wrong: 1 }), want: '.spec.wrong: field not declared in schema' },
    {
      name: 'a wrong type',
      given: aWidget({ size: 'x' }),
      want: '.spec.size: expected numeric (int or float), got string',
    },
    {
      name: 'a key twice',
      given: aWidget({ ports: [{ port: 1 }, { port: 1, protocol: 'TCP' }] }),
      want: '.spec.ports: duplicate entries for key [port=1,protocol="TCP"]',
    },
  ])('applyObject() throws Unknown, as the server does, for $name', ({ given, want }) => {
    expect(errorOf(() => apply(undefined, given))).toMatchObject({
      code: 'Unknown',
      message: `failed to create typed patch object (/w; example.com/v1, Kind=Widget): ${want}`,
    })
  })

  it('applyObject() throws BadRequest for managedFields that are applied', () => {
    const applied = { ...aWidget(), metadata: { name: 'w', managedFields: [] } }
    expect(errorOf(() => apply(undefined, applied))).toMatchObject({ code: 'BadRequest' })
  })

  it('applyObject() changes nothing the second time', () => {
    fc.assert(
      fc.property(arbitrarySpec, arbitrarySpec, (first, second) => {
        const live = apply(apply(undefined, aWidget(first)), aWidget(second), { manager: 'b', force: true })
        expect(apply(live, aWidget(second), { manager: 'b', time: later })).toBe(live)
      }),
    )
  })

  it('applyObject() of everything and then of nothing leaves nothing and nobody', () => {
    fc.assert(
      fc.property(arbitrarySpec, (given) => {
        const spec = { size: 1, ...given }
        const got = apply(apply(undefined, aWidget(spec)), aWidget())
        expect(ownersOf(got)).toEqual({})
        expect(got.spec).toBeUndefined()
      }),
    )
  })

  it('applyObject() keeps all that another manager applied', () => {
    fc.assert(
      fc.property(arbitrarySpec, arbitrarySpec, (mine, theirs) => {
        const alone = apply(undefined, aWidget(theirs), { manager: 'b' })
        const both = apply(alone, aWidget(mine), { force: true })
        const kept = ownersOf(both)['b Apply']
        expect(ownersOf(apply(both, aWidget()))['b Apply']).toEqual(kept)
      }),
    )
  })
})

describe('trackUpdate()', () => {
  it('trackUpdate() gives the creator what it made', () => {
    expect(ownersOf(update(undefined, aWidget({ size: 1, granular: { a: '1' } })))).toEqual({
      'u Update': { 'f:spec': { '.': {}, 'f:granular': { '.': {}, 'f:a': {} }, 'f:size': {} } },
    })
  })

  it('trackUpdate() moves a changed field to the one who changed it', () => {
    const live = apply(undefined, aWidget({ size: 1, args: ['x'] }))
    const got = update(live, aWidget({ size: 2, args: ['x'] }), { time: later })
    expect(ownersOf(got)).toEqual({
      'a Apply': { 'f:spec': { 'f:args': {} } },
      'u Update': { 'f:spec': { 'f:size': {} } },
    })
  })

  it('trackUpdate() takes a removed field from everybody', () => {
    const live = apply(apply(undefined, aWidget({ size: 1 })), aWidget({ size: 1 }), { manager: 'b' })
    expect(update(live, aWidget({})).metadata.managedFields).toBeUndefined()
  })

  it('trackUpdate() keeps the live owners, and their very list, when nothing changes', () => {
    const live = apply(undefined, aWidget({ size: 1 }))
    const got = update(live, aWidget({ size: 1 }), { time: later })
    expect(got.metadata.managedFields).toEqual(live.metadata.managedFields)
    expect(update(live, live, { time: later })).toBe(live)
  })

  it('trackUpdate() tracks nothing of an object that nobody tracked', () => {
    const live = aWidget({ size: 1 })
    expect(update(live, aWidget({ size: 2 })).metadata.managedFields).toBeUndefined()
  })

  it.each([[[]], [[{}]]])('trackUpdate() forgets all owners for managedFields %j', (managedFields) => {
    const live = apply(undefined, aWidget({ size: 1 }))
    const reset = { ...live, metadata: { name: 'w', managedFields } } as unknown as KubeObject
    expect(update(live, reset).metadata.managedFields).toBeUndefined()
  })

  it('trackUpdate() takes no managedFields from a subresource, and none that cannot be read', () => {
    const live = apply(undefined, aWidget({ size: 1 }))
    const reset = { ...live, metadata: { name: 'w', managedFields: [{}] } } as unknown as KubeObject
    expect(ownersOf(update(live, reset, { subresource: 'status' }))).toEqual(ownersOf(live))
    const broken = { ...live, metadata: { name: 'w', managedFields: [{ manager: 'x' }] } } as unknown as KubeObject
    expect(ownersOf(update(live, broken))).toEqual(ownersOf(live))
  })

  it('trackUpdate() calls a manager without a name unknown', () => {
    expect(Object.keys(ownersOf(update(undefined, aWidget({ size: 1 }), { manager: '' })))).toEqual(['unknown Update'])
  })

  it('trackUpdate() never gives one field of a value to two managers', () => {
    fc.assert(
      fc.property(arbitrarySpec, arbitrarySpec, (before, after) => {
        const live = update(undefined, aWidget(before))
        const got = update(live, { ...live, spec: after }, { manager: 'v' })
        const leaves = (manager: string) => new Set(leavesOf(ownersOf(got)[`${manager} Update`] ?? {}))
        expect(leaves('u').intersection(leaves('v'))).toEqual(new Set())
      }),
    )
  })
})

function leavesOf(fields: object, path = ''): string[] {
  return Object.entries(fields).flatMap(([step, below]) => {
    return Object.keys(below as object).length === 0
      ? [`${path} ${step}`]
      : leavesOf(below as object, `${path} ${step}`)
  })
}
