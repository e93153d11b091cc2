// OpenAPI v2 (Swagger) of everything that is served, for older clients.
import { builtinSchemas } from '@flotilla/machinery/builtin-kinds'
import type { ResourceCatalog } from '../served-resource.ts'
import { componentsOf } from './components.ts'
import { pathsOf, type Parameter } from './paths.ts'

export function openApiV2(catalog: ResourceCatalog): object {
  const resources = catalog.all()
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'v1.36.3' },
    paths: mapValues(pathsOf(resources), pathToSwagger),
    definitions: mapValues({ ...builtinSchemas, ...componentsOf(resources) }, schemaToSwagger),
  }
}

/** A schema: references move, and a reference with siblings (`allOf` of one) becomes the plain reference. */
function schemaToSwagger(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema
  const { $ref, allOf, properties, items, additionalProperties, ...rest } = schema as Readonly<Record<string, unknown>>
  const ref = typeof $ref === 'string' ? $ref : Array.isArray(allOf) ? (allOf[0] as { $ref?: string }).$ref : undefined
  if (ref !== undefined) return { $ref: definitionRef(ref) }
  return {
    ...Object.fromEntries(Object.entries(rest).filter(([key]) => !unknownToSwagger.has(key))),
    ...(properties === undefined ? {} : { properties: mapValues(properties as object, schemaToSwagger) }),
    ...(items === undefined ? {} : { items: schemaToSwagger(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: schemaToSwagger(additionalProperties) }),
  }
}

function mapValues(record: object, change: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}

/** One path: its operations, and the parameters that they share. */
function pathToSwagger(item: unknown): object {
  const { parameters, ...operations } = item as { readonly parameters: readonly Parameter[] }
  return { ...mapValues(operations, operationToSwagger), parameters: parameters.map(flatParameter) }
}

function operationToSwagger(value: unknown): object {
  const { parameters = [], requestBody: body, responses, ...rest } = value as Operation
  const flat = parameters.map(flatParameter)
  return {
    ...rest,
    ...(body === undefined ? {} : { consumes: Object.keys(body.content) }),
    parameters: body === undefined ? flat : [bodyParameter(body), ...flat],
    responses: { '200': { description: 'OK', schema: firstSchema(responses['200']) } },
  }
}

function flatParameter({ schema, ...parameter }: Parameter): object {
  return { ...parameter, ...schema }
}

function bodyParameter(body: Content): object {
  return { name: 'body', in: 'body', required: true, schema: firstSchema(body) }
}

function firstSchema({ content }: Content): unknown {
  return schemaToSwagger(Object.values(content)[0]?.schema)
}

interface Content {
  readonly content: Readonly<Record<string, { readonly schema: unknown }>>
}

interface Operation {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Content
  readonly responses: { readonly '200': Content }
}

const unknownToSwagger = new Set(['nullable', 'oneOf', 'anyOf', 'not', 'default'])

function definitionRef(ref: string): string {
  return ref.replace('#/components/schemas/', '#/definitions/')
}
