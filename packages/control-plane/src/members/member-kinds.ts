// What a member serves: its kinds and versions, and their schemas where they are asked for.
import { builtinKindSchema, builtinResources } from '@flotilla/machinery/builtin-kinds'
import { discover, type Discovery } from '@flotilla/machinery/discovery'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { valueAt } from '@flotilla/machinery/untyped'
import { customResourceDefinitions } from '@flotilla/machinery/well-known-resources'
import { apiVersionOf, parseApiVersion, type Resource } from '@flotilla/machinery/resource'
import type { KindSchema } from '@flotilla/machinery/schema'
import type { SchemaLibrary } from './schema-library.ts'

export interface MemberKind {
  readonly resource: Resource
  /** None: the member does not tell. */
  readonly schema: KindSchema | undefined
}

/** Unknown: its group could not be read, which proves nothing. */
export type KindLookup = { readonly found: MemberKind } | { readonly found: undefined; readonly isUnknown: boolean }

export class MemberKinds {
  readonly #api: KubeApi
  readonly #library: SchemaLibrary
  readonly #signal: AbortSignal
  readonly #kinds = new Map<string, MemberKind>()
  #discovery: Promise<Discovery> | undefined
  /** Group and kind of every CRD. */
  #definitions: Promise<ReadonlySet<string>> | undefined
  #addresses: Promise<ReadonlyMap<string, string>> | undefined

  constructor(api: KubeApi, library: SchemaLibrary, signal: AbortSignal) {
    this.#api = api
    this.#library = library
    this.#signal = signal
  }

  /** The kind as `apiVersion` has it, or as the member prefers it where it does not serve that version. */
  async find(apiVersion: string, kind: string): Promise<KindLookup> {
    const known = this.#kinds.get(`${apiVersion} ${kind}`)
    if (known) return { found: known }
    const discovery = await this.#discovered()
    const { group } = parseApiVersion(apiVersion)
    const resource = discovery.find(apiVersion, kind) ?? discovery.preferred(group, kind)
    if (!resource) return { found: undefined, isUnknown: isIncomplete(discovery, group) }
    const found = { resource, schema: await this.#schemaOf(resource) }
    this.#kinds.set(`${apiVersion} ${kind}`, found)
    return { found }
  }

  /** Whether a CRD of the member names the kind, which may not be served all the same. Throws what its list throws. */
  async isDefined(group: string, kind: string): Promise<boolean> {
    if (!this.#definitions) {
      const reading = this.#readDefinitions()
      this.#definitions = reading
      reading.catch(() => {
        if (this.#definitions === reading) this.#definitions = undefined
      })
    }
    return (await this.#definitions).has(`${group}/${kind}`)
  }

  /** Asks the member anew: a CRD has come, or the member may have been upgraded. */
  forget(): void {
    this.#kinds.clear()
    this.#discovery = undefined
    this.#definitions = undefined
    this.#addresses = undefined
  }

  #discovered(): Promise<Discovery> {
    if (!this.#discovery) {
      const reading = discover(this.#api, { signal: this.#signal })
      this.#discovery = reading
      reading.catch(() => {
        if (this.#discovery === reading) this.#discovery = undefined
      })
    }
    return this.#discovery
  }

  async #readDefinitions(): Promise<ReadonlySet<string>> {
    const { items } = await this.#api.list(customResourceDefinitions, { signal: this.#signal })
    return new Set(items.map((one) => [valueAt(one, 'spec', 'group'), valueAt(one, 'spec', 'names', 'kind')].join('/')))
  }

  async #schemaOf(resource: Resource): Promise<KindSchema | undefined> {
    const apiVersion = apiVersionOf(resource)
    if (!this.#addresses) {
      const reading = this.#library.index(this.#api, this.#signal)
      this.#addresses = reading
      reading.catch(() => {
        if (this.#addresses === reading) this.#addresses = undefined
      })
    }
    const address = (await this.#addresses).get(resource.group === '' ? `api/${apiVersion}` : `apis/${apiVersion}`)
    const schemas = address ? await this.#library.schemas(this.#api, address, this.#signal) : undefined
    return schemas?.get(resource.kind) ?? builtinSchemaOf(apiVersion, resource.kind)
  }
}

function isIncomplete(discovery: Discovery, group: string): boolean {
  return discovery.incompleteGroups.some((apiVersion) => parseApiVersion(apiVersion).group === group)
}

let builtin: ReadonlyMap<string, string> | undefined
const builtinKinds = new Map<string, KindSchema>()

/** The schema of a built-in kind as our own API server has it, defaults included; undefined for any other kind. */
export function builtinSchemaOf(apiVersion: string, kind: string): KindSchema | undefined {
  builtin ??= new Map(
    builtinResources().map((resource) => [`${apiVersionOf(resource)} ${resource.kind}`, resource.schema]),
  )
  const name = builtin.get(`${apiVersion} ${kind}`)
  if (name === undefined) return undefined
  let schema = builtinKinds.get(name)
  if (schema === undefined) builtinKinds.set(name, (schema = builtinKindSchema(name)))
  return schema
}
