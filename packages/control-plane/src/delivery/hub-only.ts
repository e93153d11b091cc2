// Render, rule 1: what belongs to the hub's copy of an object and is never stated on a member.
import { isOurKey } from '@flotilla/api/group'
import type { FieldNode } from '@flotilla/machinery/field-set'
import { fieldStep } from '@flotilla/machinery/field-step'
import { getPath, isObject, setPath, type PathStep } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { parseApiVersion } from '@flotilla/machinery/resource'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'

/** True when a person named the field at the dotted path. */
export type IsNamed = (path: readonly string[]) => boolean

/** `template` without status, server-set metadata, our keys, and what the hub's API server allocated or acts on. */
export function withoutHubOnly(template: KubeObject, isNamed: IsNamed): KubeObject {
  const { status: _, metadata, ...rest } = template
  const { name, namespace, labels, annotations } = metadata
  const kept = {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    ...ownEntries('labels', labels),
    ...ownEntries('annotations', annotations),
  }
  const object = { ...rest, metadata: kept } as KubeObject
  const forKind = kindRules[`${parseApiVersion(object.apiVersion).group}/${object.kind}`]
  return forKind ? forKind(object, isNamed) : object
}

function ownEntries(field: string, entries: Readonly<Record<string, string>> | undefined): object {
  const kept = Object.entries(entries ?? {}).filter(([key]) => !isOurKey(key) && key !== lastAppliedAnnotation)
  return kept.length === 0 ? {} : { [field]: Object.fromEntries(kept) }
}

type KindRule = (object: KubeObject, isNamed: IsNamed) => KubeObject

const kindRules: Readonly<Record<string, KindRule>> = {
  '/Service': withoutAllocated,
  '/PersistentVolumeClaim': (claim) => setPath(claim, ['spec', 'volumeName'], undefined),
  '/Namespace': (namespace) =>
    [['spec'], ['metadata', 'labels', 'kubernetes.io/metadata.name']].reduce<KubeObject>(drop, namespace),
  'batch/Job': (job) => withoutJobIdentity(setPath(job, ['spec', 'ttlSecondsAfterFinished'], undefined)),
}

function drop(object: KubeObject, path: readonly PathStep[]): KubeObject {
  return setPath(object, path, undefined)
}

const allocated = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'healthCheckNodePort']

/** Addresses and ports that the hub allocated; `None` is nobody's allocation. */
function withoutAllocated(service: KubeObject, isNamed: IsNamed): KubeObject {
  const isHeadless = valueAt(service, 'spec', 'clusterIP') === 'None'
  const fields = allocated.filter((field) => !isNamed(['spec', field]) && !(field === 'clusterIP' && isHeadless))
  const bare = fields.map((field) => ['spec', field]).reduce<KubeObject>(drop, service)
  if (isNamed(['spec', 'ports', '*', 'nodePort'])) return bare
  return asDicts(valueAt(bare, 'spec', 'ports')).reduce<KubeObject>(
    (object, _, index) => drop(object, ['spec', 'ports', index, 'nodePort']),
    bare,
  )
}

const jobLabels = ['controller-uid', 'job-name', 'batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name']

/** The API server gives each Job its own selector, unless `manualSelector` says that a person does. */
function withoutJobIdentity(job: KubeObject): KubeObject {
  if (valueAt(job, 'spec', 'manualSelector') === true) return job
  const template = ['spec', 'template', 'metadata']
  const bare = [['metadata'], template].reduce(withoutJobLabels, drop(job, ['spec', 'selector']))
  return isEmptyAt(bare, template) ? drop(bare, template) : bare
}

function withoutJobLabels(job: KubeObject, metadata: readonly string[]): KubeObject {
  const path = [...metadata, 'labels']
  if (getPath(job, path) === undefined) return job
  const bare = jobLabels.reduce<KubeObject>((object, label) => drop(object, [...path, label]), job)
  return isEmptyAt(bare, path) ? drop(bare, path) : bare
}

function isEmptyAt(object: KubeObject, path: readonly string[]): boolean {
  const value = getPath(object, path)
  return isObject(value) && Object.keys(value).length === 0
}

/** Whether `path` is in or below `named`, or in the object that was last applied; `*` is any item of a list. */
export function namedIn(named: FieldNode | undefined, last: unknown): IsNamed {
  return (path) => (named !== undefined && isNodeNamed(named, path)) || isValueNamed(last, path)
}

function isNodeNamed(node: FieldNode, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return true
  if (step === '*') return [...node.children.values()].some((child) => isNodeNamed(child, rest))
  const child = node.children.get(fieldStep(step))
  return child !== undefined && isNodeNamed(child, rest)
}

function isValueNamed(value: unknown, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return value !== undefined
  if (step === '*') return asDicts(value).some((item) => isValueNamed(item, rest))
  return isValueNamed(getPath(value, [step]), rest)
}
