// What objects would be once they were applied: asked of the hub as a dry run, so that it defaults, merges and refuses.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import { type Discovery, discover } from '@flotilla/machinery/discovery'
import { isObject, type JsonObject, ownField } from '@flotilla/machinery/json'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { keyOf, type KubeObject, type ObjectKey } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { kindIdOf } from '../object-id.ts'

/** The manager of what kubectl applies: whoever applies the same files with it goes on from there. */
export const applyManager = 'kubectl'
/** Of what `kubectl apply` without `--server-side` wrote. */
export const clientSideManager = 'kubectl-client-side-apply'
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration'

export interface WouldBe {
  readonly resource: Resource
  /** As the file says it, in the namespace where it goes. */
  readonly document: KubeObject
  /** As it is on the hub. */
  readonly live: KubeObject | undefined
  /** As it would be. The UID of one that is not there yet is no real one. */
  readonly object: KubeObject
}

export interface WouldBeOptions {
  /** Of documents that say none. */
  readonly namespace: string
  /** Takes fields that others own. */
  readonly force: boolean
}

/** @throws what the hub answers; NotFound for a kind that it does not serve. */
export async function wouldBe(
  api: KubeApi,
  documents: readonly KubeObject[],
  options: WouldBeOptions,
): Promise<readonly WouldBe[]> {
  if (documents.length === 0) return []
  const discovery = await discover(api)
  const made = new Set(documents.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name))
  return Promise.all(
    documents.map(async (given) => {
      const resource = resourceOf(discovery, given)
      const document = placed(given, resource, options.namespace)
      const live = await getOptional(api, resource, document.metadata)
      return { resource, document, live, object: await dryRun(api, resource, { document, live }, made, options.force) }
    }),
  )
}

function resourceOf(discovery: Discovery, { apiVersion, kind, metadata }: KubeObject): Resource {
  const resource = discovery.find(apiVersion, kind)
  if (resource !== undefined) return resource
  const what = `${kind} ${metadata.name}`
  throw new FlotillaError('NotFound', `Cannot plan with ${what}: the hub does not serve ${kind} of ${apiVersion}`)
}

function placed(document: KubeObject, { namespaced }: Resource, namespace: string): KubeObject {
  if (!namespaced || document.metadata.namespace !== undefined) return document
  return { ...document, metadata: { ...document.metadata, namespace } }
}

/** Undefined where there is none. */
export async function getOptional(api: KubeApi, resource: Resource, key: ObjectKey): Promise<KubeObject | undefined> {
  try {
    return await api.get(resource, key)
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

async function dryRun(
  api: KubeApi,
  resource: Resource,
  { document, live }: Pick<WouldBe, 'document' | 'live'>,
  newNamespaces: ReadonlySet<string>,
  force: boolean,
): Promise<KubeObject> {
  const options = { fieldManager: applyManager, dryRun: true }
  try {
    // What client-side apply wrote goes where the file no longer says it: server-side apply of its own would keep it.
    if (live !== undefined && isClientSide(live)) {
      return await api.patch(resource, live.metadata, { type: 'merge', patch: replacing(live, document) }, options)
    }
    const { object } = await api.apply(resource, document, { ...options, force })
    return live === undefined ? withStandIn(object) : object
  } catch (error) {
    // What would only be there with it cannot be asked of the hub: it is taken as it is written.
    const { namespace } = document.metadata
    if (isError(error, 'NotFound') && namespace !== undefined && newNamespaces.has(namespace))
      return withStandIn(document)
    throw error
  }
}

/** A UID that is the same however often one plans. */
function withStandIn(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, uid: `new ${kindIdOf(object)}/${keyOf(object.metadata)}` } }
}

/** A merge patch to what `document` says, without what `kubectl apply` put there and it no longer says. */
function replacing(live: KubeObject, document: KubeObject): JsonObject {
  const text = live.metadata.annotations?.[lastApplied]
  const before: unknown = text === undefined ? {} : JSON.parse(text)
  return isObject(before) && isObject(document) ? withDropped(before, document) : { ...document }
}

export function isClientSide({ metadata }: KubeObject): boolean {
  return (metadata.managedFields ?? []).some(({ manager }) => manager === clientSideManager)
}

function withDropped(before: JsonObject, after: JsonObject): JsonObject {
  const entries = Object.entries(before).flatMap(([field, value]): [string, unknown][] => {
    const next = ownField(after, field)
    if (next === undefined) return [[field, null]]
    return isObject(value) && isObject(next) ? [[field, withDropped(value, next)]] : []
  })
  return { ...after, ...Object.fromEntries(entries) }
}
