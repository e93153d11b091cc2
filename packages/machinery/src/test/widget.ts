// A small kind for tests, with every way in which a part can be owned, and arbitrary objects of it.
import fc from 'fast-check'
import type { KubeObject, ManagedFieldsEntry } from '../object.ts'
import type { KindSchema, Schema } from '../schema.ts'

const text: Schema = { type: 'string' }

export const widgetSchema: KindSchema = {
  root: {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        properties: {
          size: { type: 'integer' },
          names: {
            type: 'array',
            items: text,
            'x-kubernetes-list-type': 'set',
            'x-kubernetes-patch-strategy': 'merge',
          },
          args: { type: 'array', items: text },
          ports: {
            type: 'array',
            items: { $ref: '#/components/schemas/Port' },
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['port', 'protocol'],
            'x-kubernetes-patch-strategy': 'merge',
            'x-kubernetes-patch-merge-key': 'port',
          },
          granular: { type: 'object', additionalProperties: text },
          whole: { type: 'object', additionalProperties: text, 'x-kubernetes-map-type': 'atomic' },
          free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
      },
      status: { type: 'object', properties: { phase: text } },
    },
  },
  resolve: (ref) => (ref.endsWith('/Port') ? port : undefined),
}

const port: Schema = {
  type: 'object',
  properties: { port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' }, name: text },
}

/** A widget called `w`. */
export function aWidget(spec?: object, more: object = {}): KubeObject {
  return {
    apiVersion: 'example.com/v1',
    kind: 'Widget',
    metadata: { name: 'w' },
    ...(spec === undefined ? {} : { spec }),
    ...more,
  }
}

/** The owners of an object, each as `manager operation` with the texts of its fieldsV1. */
export function ownersOf(object: KubeObject): Record<string, unknown> {
  const entries: readonly ManagedFieldsEntry[] = object.metadata.managedFields ?? []
  return Object.fromEntries(entries.map((entry) => [`${entry.manager} ${entry.operation}`, entry.fieldsV1]))
}

const texts = fc.constantFrom('1', '2')
const smallMap = fc.dictionary(fc.constantFrom('a', 'b', 'c'), texts)
const someOf = (...values: readonly string[]) => fc.shuffledSubarray([...values])

const arbitraryPort = fc.record(
  { port: fc.constantFrom(1, 2, 3), protocol: fc.constantFrom('TCP', 'UDP'), name: texts },
  { requiredKeys: ['port'] },
)

/** Specs of widgets, without nulls and without two ports of one key. */
export const arbitrarySpec = fc.record(
  {
    size: fc.constantFrom(1, 2),
    names: someOf('a', 'b', 'c', 'd'),
    args: someOf('x', 'y'),
    ports: fc.uniqueArray(arbitraryPort, {
      selector: ({ port: number, protocol = 'TCP' }) => `${number} ${protocol}`,
      maxLength: 4,
    }),
    granular: smallMap,
    whole: smallMap,
    free: fc.dictionary(fc.constantFrom('a', 'b'), fc.oneof(texts, smallMap, someOf('x', 'y'))),
  },
  { requiredKeys: [] },
)
