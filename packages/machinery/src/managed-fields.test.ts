// managedFields on the wire: what is refused, how entries are ordered, and how the oldest are folded together.
import { describe, expect, it } from 'vitest'
import { fieldSetOfNames } from './field-set.ts'
import { capUpdaters, ownerId, readOwners, writeOwners, type Owner, type Owners } from './managed-fields.ts'
import type { ManagedFieldsEntry } from './object.ts'
import { aWidget } from './test/widget.ts'

function anOwner(more: Partial<Owner> = {}): Owner {
  const fields = fieldSetOfNames(['spec.size'])
  return { manager: 'm', operation: 'Update', apiVersion: 'v1', subresource: '', time: timeAt(0), fields, ...more }
}

function byId(...owners: readonly Owner[]): Owners {
  return new Map(owners.map((owner) => [ownerId(owner), owner]))
}

function timeAt(second: number): string {
  return `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`
}

function entriesOf(owners: Owners): readonly ManagedFieldsEntry[] {
  return writeOwners(aWidget(), owners).metadata.managedFields ?? []
}

function withEntries(managedFields: unknown): ReturnType<typeof aWidget> {
  const widget = aWidget()
  return { ...widget, metadata: { ...widget.metadata, managedFields: managedFields as ManagedFieldsEntry[] } }
}

describe('readOwners()', () => {
  const valid = { manager: 'm', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:a': {} } }
  it.each([
    { name: 'another operation', given: { ...valid, operation: 'Patch' } },
    { name: 'no apiVersion', given: { ...valid, apiVersion: '' } },
    { name: 'another type of fields', given: { ...valid, fieldsType: 'FieldsV2' } },
    { name: 'a step that is none', given: { ...valid, fieldsV1: { a: {} } } },
    { name: 'an entry that is no object', given: 'm' },
  ])('readOwners() throws BadRequest for $name', ({ given }) => {
    const refusal = { code: 'BadRequest', message: expect.stringContaining('Cannot read managedFields entry 0') }
    expect(() => readOwners(withEntries([given]))).toThrow(expect.objectContaining(refusal))
  })

  it('readOwners() and writeOwners() keep the object that has nothing to be written', () => {
    const object = withEntries([valid])
    expect(writeOwners(object, readOwners(object))).toBe(object)
  })
})

describe('writeOwners()', () => {
  it('writeOwners() orders by operation, time, manager, version and subresource', () => {
    const owners = [
      anOwner({ operation: 'Apply', time: timeAt(9) }),
      anOwner({ time: undefined, manager: 'z' }),
      anOwner({ time: timeAt(1), manager: 'c' }),
      anOwner({ time: timeAt(2), manager: 'a' }),
      anOwner({ time: timeAt(2), manager: 'b', apiVersion: 'v1' }),
      anOwner({ time: timeAt(2), manager: 'b', apiVersion: 'v2' }),
      anOwner({ time: timeAt(2), manager: 'b', apiVersion: 'v2', subresource: 'status' }),
    ]
    const names = (entries: readonly Pick<Owner, 'manager' | 'operation'>[]) => entries.map((e) => e.manager)
    expect(names(entriesOf(byId(...owners.toReversed())))).toEqual(names(owners))
    expect(entriesOf(byId(...owners.toReversed())).at(-1)?.subresource).toBe('status')
  })

  it('writeOwners() leaves out who owns nothing', () => {
    expect(entriesOf(byId(anOwner({ fields: new Map() })))).toEqual([])
  })
})

describe('capUpdaters()', () => {
  const updaters = (count: number) =>
    Array.from({ length: count }, (_, second) =>
      anOwner({ manager: `m${second}`, time: timeAt(second), fields: fieldSetOfNames([`spec.f${second}`]) }),
    )

  it('capUpdaters() leaves ten alone', () => {
    const owners = byId(...updaters(10), anOwner({ operation: 'Apply' }))
    expect(capUpdaters(owners)).toBe(owners)
  })

  it('capUpdaters() folds the oldest of one version into ancient-changes', () => {
    const capped = entriesOf(capUpdaters(byId(...updaters(12))))
    expect(capped).toHaveLength(10)
    expect(capped[0]).toMatchObject({
      manager: 'ancient-changes',
      time: timeAt(2),
      fieldsV1: { 'f:spec': { 'f:f0': {}, 'f:f1': {}, 'f:f2': {} } },
    })
  })

  it('capUpdaters() never folds versions together', () => {
    const [first, ...others] = updaters(11)
    const capped = entriesOf(capUpdaters(byId({ ...(first as Owner), apiVersion: 'v0' }, ...others)))
    expect(capped.map(({ manager }) => manager).slice(0, 2)).toEqual(['m0', 'ancient-changes'])
  })
})
