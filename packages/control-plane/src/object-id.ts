// Names one object whatever version it is spoken in: the key under which hub and members are compared.
import { parseApiVersion } from '@flotilla/machinery/resource'

/** What names an object, on the hub or on a member. */
export interface ObjectRef {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string | undefined
  readonly name: string
}

/** `GROUP/KIND`; the core group is empty. */
export type KindId = string

/** `GROUP/KIND/NAMESPACE/NAME`; group and namespace may be empty. */
export type ObjectId = string

export function kindIdOf({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>): KindId {
  return `${parseApiVersion(apiVersion).group}/${kind}`
}

export function objectIdOf(ref: ObjectRef): ObjectId {
  return `${kindIdOf(ref)}/${ref.namespace ?? ''}/${ref.name}`
}

export interface ParsedObjectId {
  readonly group: string
  readonly kind: string
  /** '' for cluster-scoped objects. */
  readonly namespace: string
  readonly name: string
}

export function parseObjectId(id: ObjectId): ParsedObjectId {
  const [group = '', kind = '', namespace = '', name = ''] = id.split('/')
  return { group, kind, namespace, name }
}

export function kindIdIn(id: ObjectId): KindId {
  const { group, kind } = parseObjectId(id)
  return `${group}/${kind}`
}

/** The object within its kind, as informers key it. */
export function keyInKind(id: ObjectId): string {
  const { namespace, name } = parseObjectId(id)
  return namespace === '' ? name : `${namespace}/${name}`
}

/** The id of the object that informers of `kind` key by `key`. */
export function objectIdIn(kind: KindId, key: string): ObjectId {
  return key.includes('/') ? `${kind}/${key}` : `${kind}//${key}`
}

/** How messages name it: `Deployment shop/web`. */
export function displayId(id: ObjectId): string {
  const { kind } = parseObjectId(id)
  return `${kind} ${keyInKind(id)}`
}
