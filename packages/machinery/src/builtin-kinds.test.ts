import { describe, expect, it } from 'vitest'
import { builtinKindSchema, builtinResources, builtinSchemas } from './builtin-kinds.ts'

describe('builtinResources()', () => {
  it('builtinResources() names a schema and a list kind for every resource that can be listed', () => {
    const listed = builtinResources().filter((resource) => resource.verbs.includes('list'))
    expect(listed.length).toBeGreaterThan(50)
    for (const resource of listed) {
      if (resource.plural === 'componentstatuses') continue
      expect(builtinSchemas[resource.schema], resource.plural).toBeDefined()
      expect(resource.listKind, resource.plural).toBe(`${resource.kind}List`)
    }
  })
})

describe('builtinKindSchema()', () => {
  it('builtinKindSchema() resolves every reference within the set', () => {
    const { resolve } = builtinKindSchema('io.k8s.api.core.v1.Pod')
    const refs = [...JSON.stringify(builtinSchemas).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref ?? '')
    expect(refs.filter((ref) => resolve(ref) === undefined)).toEqual([])
  })

  it('builtinKindSchema() refuses a name that is not built in', () => {
    expect(() => builtinKindSchema('io.k8s.Nope')).toThrow('Cannot find')
  })
})
