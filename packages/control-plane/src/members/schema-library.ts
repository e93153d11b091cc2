// Schemas of members, from their OpenAPI v3 documents. Members of one version serve the same documents under the
// same hash: each is read once and shared.
import { isObject } from '@flotilla/machinery/json'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KindSchema, Schema } from '@flotilla/machinery/schema'
import { asDict, asDicts, dictAt, valueAt } from '@flotilla/machinery/untyped'

/** Schemas of one group and version, by kind. */
export type GroupSchemas = ReadonlyMap<string, KindSchema>

const noSchemas: GroupSchemas = new Map()
const refPrefix = '#/components/schemas/'

export class SchemaLibrary {
  readonly #documents = new Map<string, Promise<GroupSchemas>>()

  /** Where each group and version's document is, by `apis/apps/v1` or `api/v1`. Empty where there is no OpenAPI. */
  async index(api: KubeApi, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const { code, body } = await api.raw({ path: '/openapi/v3', accept: 'application/json', signal })
    if (code !== 200) return new Map()
    const paths = Object.entries(dictAt(body, 'paths'))
    return new Map(
      paths.flatMap(([name, entry]) => {
        const address = valueAt(entry, 'serverRelativeURL')
        return typeof address === 'string' ? [[name, address] as const] : []
      }),
    )
  }

  /** The schemas behind an address of the index. A failed read is not remembered. */
  schemas(api: KubeApi, address: string, signal: AbortSignal): Promise<GroupSchemas> {
    if (!address.includes('hash=')) return readDocument(api, address, signal)
    const known = this.#documents.get(address)
    if (known !== undefined) return known
    const reading = readDocument(api, address, signal)
    this.#documents.set(address, reading)
    reading.catch(() => this.#documents.delete(address))
    return reading
  }
}

async function readDocument(api: KubeApi, address: string, signal: AbortSignal): Promise<GroupSchemas> {
  const { code, body } = await api.raw({ path: address, accept: 'application/json', signal })
  if (code !== 200) return noSchemas
  return parseSchemas(body)
}

/** Kinds of an OpenAPI v3 document, by the `x-kubernetes-group-version-kind` that each schema carries. */
export function parseSchemas(document: unknown): GroupSchemas {
  const schemas = new Map(
    Object.entries(dictAt(document, 'components', 'schemas')).map(([name, schema]) => [
      `${refPrefix}${name}`,
      withoutProse(schema) as Schema,
    ]),
  )
  const resolve = (ref: string) => schemas.get(ref)
  const kinds = new Map<string, KindSchema>()
  for (const root of schemas.values()) {
    for (const { kind } of asDicts(asDict(root)['x-kubernetes-group-version-kind'])) {
      if (typeof kind === 'string' && root.properties?.['metadata'] !== undefined) kinds.set(kind, { root, resolve })
    }
  }
  return kinds
}

/** Descriptions are most of a document and nothing here reads them. */
function withoutProse(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutProse)
  if (!isObject(schema)) return schema
  const fields = Object.entries(schema).filter(([name, value]) => name !== 'description' || typeof value !== 'string')
  return Object.fromEntries(fields.map(([name, value]) => [name, withoutProse(value)]))
}
