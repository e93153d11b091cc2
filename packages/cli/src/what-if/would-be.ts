// What objects would be once they were applied: asked of the hub as a dry run, so that it defaults, merges and refuses.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import { type Discovery, discover } from '@flotilla/machinery/discovery'
import { isObject, type JsonObject } from '@flotilla/machinery/json'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { applyMergePatch } from '@flotilla/machinery/merge-patch'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { valueAt } from '@flotilla/machinery/untyped'
import { kindIdOf } from '@flotilla/control-plane/object-id'

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
      const live = await getLive(api, resource, document)
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

async function getLive(api: KubeApi, resource: Resource, { metadata }: KubeObject): Promise<KubeObject | undefined> {
  try {
    return await api.get(resource, metadata)
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
  try {
    const { object } = await api.apply(resource, document, { fieldManager: applyManager, dryRun: true, force })
    return live === undefined
      ? withStandIn(object)
      : (applyMergePatch(object, droppedFields(live, document)) as KubeObject)
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

/**
 * What `kubectl apply` put there and the file no longer says, as a merge patch: it goes too, once what was written by
 * client-side apply is owned by server-side apply.
 */
function droppedFields(live: KubeObject, document: KubeObject): JsonObject {
  const text = live.metadata.annotations?.[lastApplied]
  if (text === undefined || !isClientSide(live)) return {}
  const before: unknown = JSON.parse(text)
  return isObject(before) ? dropped(before, document) : {}
}

export function isClientSide({ metadata }: KubeObject): boolean {
  return (metadata.managedFields ?? []).some(({ manager }) => manager === clientSideManager)
}

function dropped(before: JsonObject, after: JsonObject): JsonObject {
  const entries = Object.entries(before).flatMap(([field, value]): [string, unknown][] => {
    const next = valueAt(after, field)
    if (next === undefined) return [[field, null]]
    if (!isObject(value) || !isObject(next)) return []
    const inside = dropped(value, next)
    return Object.keys(inside).length === 0 ? [] : [[field, inside]]
  })
  return Object.fromEntries(entries)
}
