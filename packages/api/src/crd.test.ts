import { applyDefaults } from '@flotilla/machinery/defaults'
import type { Schema } from '@flotilla/machinery/schema'
import { validateValue } from '@flotilla/machinery/validate'
import { describe, expect, test } from 'vitest'
import { openApiOf } from './crd.ts'
import { crds, kinds } from './crds.ts'

/** Every schema below `schema`, with its path. */
function* fieldsOf(path: string, schema: Schema): Iterable<readonly [string, Schema]> {
  yield [path, schema]
  if (schema.items !== undefined) yield* fieldsOf(`${path}[]`, schema.items)
  if (typeof schema.additionalProperties === 'object') yield* fieldsOf(`${path}{}`, schema.additionalProperties)
  for (const [name, child] of Object.entries(schema.properties ?? {})) yield* fieldsOf(`${path}.${name}`, child)
}

describe.each(kinds.map((kind) => [kind.resource.kind, kind] as const))('openApiOf(%s)', (_, kind) => {
  const root = openApiOf(kind)
  const fields = [...fieldsOf('', root)]

  test('is structural: every value has a type or is kept as it is', () => {
    const loose = fields.filter(
      ([, schema]) => schema.type === undefined && schema['x-kubernetes-preserve-unknown-fields'] !== true,
    )
    expect(loose.map(([path]) => path)).toEqual([])
  })

  test('says of every field what it means', () => {
    const silent = fields.filter(([path, schema]) => path !== '.metadata' && !schema.description)
    expect(silent.map(([path]) => path)).toEqual([])
  })

  test('says the default that it has', () => {
    const wrong = fields.filter(
      ([, { default: value, description = '' }]) =>
        value !== undefined &&
        typeof value !== 'object' &&
        !description.includes(`Default: ${JSON.stringify(value).replaceAll('"', '')}.`),
    )
    expect(wrong.map(([path]) => path)).toEqual([])
  })

  test('has defaults that are valid', () => {
    const causes = fields.flatMap(([path, schema]) => {
      const part = { root: schema, resolve: () => undefined }
      if (schema.default === undefined) return []
      return validateValue(part, applyDefaults(part, schema.default), { path })
    })
    expect(causes).toEqual([])
  })

  test('names in the keys of lists only fields that are required', () => {
    const wrong = fields.filter(([, schema]) =>
      schema['x-kubernetes-list-map-keys']?.some((key) => schema.items?.required?.includes(key) !== true),
    )
    expect(wrong.map(([path]) => path)).toEqual([])
  })

  test('has the fields that columns show', () => {
    const paths = new Set(fields.map(([path]) => path.replaceAll('[]', '')))
    const shown = kind.columns.map(({ jsonPath }) => jsonPath.replaceAll(/\[[^\]]*\]/g, ''))
    expect(shown.filter((path) => !path.startsWith('.metadata') && !paths.has(path))).toEqual([])
  })
})

test('crds have names, short names and plurals of their own', () => {
  const names = crds.flatMap(({ spec }) => [spec.names.plural, spec.names.singular, ...spec.names.shortNames])
  expect(new Set(names).size).toBe(names.length)
  expect(crds.every(({ metadata, spec }) => metadata.name === `${spec.names.plural}.${spec.group}`)).toBe(true)
})
