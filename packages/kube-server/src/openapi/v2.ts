// OpenAPI v2 (Swagger) of everything that is served, for older clients.
import { builtinSchemas } from '@flotilla/machinery/builtin-kinds'
import type { ResourceCatalog } from '../served-resource.ts'
import { componentsOf } from './components.ts'
import { pathsOf } from './paths.ts'

export function openApiV2(catalog: ResourceCatalog): object {
  const resources = catalog.all()
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: 'v1.36.3' },
    paths: toSwagger(pathsOf(resources)),
    definitions: toSwagger({ ...builtinSchemas, ...componentsOf(resources) }),
  }
}

/** References move, and a reference with siblings (`allOf` of one) becomes the plain reference. */
function toSwagger(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toSwagger)
  const { allOf, requestBody: body, responses, schema, ...rest } = value as Readonly<Record<string, unknown>>
  const plain = Object.entries(rest).filter(([key]) => !unknownToSwagger.has(key) && key !== '$ref')
  const flat = 'in' in value && typeof schema === 'object' ? { ...schema } : schema === undefined ? {} : { schema: toSwagger(schema) }
  return {
    ...Object.fromEntries(plain.map(([key, inner]) => [key, toSwagger(inner)])),
    ...flat,
    ...(typeof rest['$ref'] === 'string' ? { $ref: definitionRef(rest['$ref']) } : {}),
    ...(Array.isArray(allOf) ? { $ref: definitionRef(String((allOf[0] as { $ref?: string }).$ref)) } : {}),
    ...(body === undefined ? {} : bodyOf(body, rest['parameters'])),
    ...(responses === undefined ? {} : { responses: { '200': { description: 'OK', schema: answerOf(responses) } } }),
  }
}

const unknownToSwagger = new Set(['nullable', 'oneOf', 'anyOf', 'not', 'default'])

function definitionRef(ref: string): string {
  return ref.replace('#/components/schemas/', '#/definitions/')
}

interface Content {
  readonly content: Readonly<Record<string, { readonly schema: unknown }>>
}

function bodyOf(body: unknown, parameters: unknown): object {
  const { content } = body as Content
  const [first] = Object.values(content)
  const others = Array.isArray(parameters) ? (toSwagger(parameters) as unknown[]) : []
  const parameter = { name: 'body', in: 'body', required: true, schema: toSwagger(first?.schema) }
  return { consumes: Object.keys(content), parameters: [parameter, ...others] }
}

function answerOf(responses: unknown): unknown {
  const { content } = (responses as Readonly<Record<string, Content>>)['200'] as Content
  return toSwagger(Object.values(content)[0]?.schema)
}
