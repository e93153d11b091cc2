// The metadata that the server writes itself, and the rules for the rest. Wording: apimachinery/pkg/api/validation.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired, fieldTooLong } from '@flotilla/machinery/field-error'
import {
  annotationsBytes,
  checkDns1123Label,
  checkDns1123Subdomain,
  checkLabelKey,
  checkLabelValue,
  maxAnnotationsBytes,
} from '@flotilla/machinery/names'
import type { KubeObject, ObjectMeta } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import type { KindRules } from '../kinds/rules.ts'
import type { ServedResource } from '../served-resource.ts'

const suffixLetters = 'bcdfghjklmnpqrstvwxz2456789'
const maxGeneratedBase = 58

/** `base` and five letters, as generateName makes them. */
export function generatedName(env: Env, base: string): string {
  let name = base.slice(0, maxGeneratedBase)
  for (let i = 0; i < 5; i++) name += suffixLetters[Math.floor(env.random() * suffixLetters.length)]
  return name
}

/** Metadata of a new object: what its user may say, and a new identity. */
export function newMetadata(env: Env, now: string, given: ObjectMeta, hasGeneration: boolean): ObjectMeta {
  const { resourceVersion: _rv, deletionTimestamp: _dt, deletionGracePeriodSeconds: _dg, ...kept } = given
  const { selfLink: _link, managedFields: _fields, ...rest } = kept as typeof kept & { selfLink?: string }
  const own = { uid: env.uuid(), creationTimestamp: now, ...(hasGeneration ? { generation: 1 } : {}) }
  return withoutEmpty({ ...rest, ...own })
}

/** Metadata of an update: what `next` says, and the identity and life of `live`. */
export function keptMetadata(live: ObjectMeta, next: ObjectMeta): ObjectMeta {
  const {
    generation: _g,
    deletionTimestamp: _dt,
    deletionGracePeriodSeconds: _dg,
    resourceVersion: _rv,
    ...rest
  } = next
  const { generation, deletionTimestamp, deletionGracePeriodSeconds, creationTimestamp, generateName } = live
  return withoutEmpty({
    ...rest,
    ...(generateName === undefined || rest.generateName !== undefined ? {} : { generateName }),
    ...(next.uid || live.uid === undefined ? {} : { uid: live.uid }),
    ...(live.resourceVersion === undefined ? {} : { resourceVersion: live.resourceVersion }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...(generation === undefined ? {} : { generation }),
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds }),
  })
}

/** Empty maps and lists are not written; the rest in the order of the API server's answers. */
function withoutEmpty(metadata: ObjectMeta): ObjectMeta {
  const ordered: Record<string, unknown> = {}
  for (const field of metadataFields) {
    const value = (metadata as unknown as Readonly<Record<string, unknown>>)[field]
    if (value === undefined || value === null || value === '') continue
    if (typeof value !== 'object' || Object.keys(value).length > 0) ordered[field] = value
  }
  return ordered as unknown as ObjectMeta
}

/** All fields of metadata that are kept, in the order in which they are written. */
export const metadataFields: readonly string[] = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
]

export function metadataCauses(object: KubeObject, resource: ServedResource, rules: KindRules): readonly StatusCause[] {
  const { metadata } = object
  return [
    ...nameCauses(metadata, rules.checkName ?? checkDns1123Subdomain),
    ...namespaceCauses(metadata, resource),
    ...labelCauses(metadata.labels ?? {}, 'metadata.labels'),
    ...annotationCauses(metadata.annotations ?? {}),
    ...ownerCauses(metadata),
    ...finalizerCauses(metadata.finalizers ?? []),
  ]
}

function nameCauses({ name, generateName }: ObjectMeta, check: (name: string) => readonly string[]): StatusCause[] {
  const base = generateName ? check(`${generateName.slice(0, maxGeneratedBase)}x`) : []
  const wrongBase = base.map((why) => fieldInvalid('metadata.generateName', generateName, why))
  if (!name) return [...wrongBase, fieldRequired('metadata.name', 'name or generateName is required')]
  return [...wrongBase, ...check(name).map((why) => fieldInvalid('metadata.name', name, why))]
}

function namespaceCauses({ namespace }: ObjectMeta, resource: ServedResource): StatusCause[] {
  if (!resource.namespaced) {
    return namespace ? [fieldForbidden('metadata.namespace', 'not allowed on this type')] : []
  }
  if (!namespace) return [fieldRequired('metadata.namespace')]
  return checkDns1123Label(namespace).map((why) => fieldInvalid('metadata.namespace', namespace, why))
}

export function labelCauses(labels: Readonly<Record<string, string>>, field: string): StatusCause[] {
  const causes: StatusCause[] = []
  for (const [key, value] of Object.entries(labels)) {
    for (const why of checkLabelKey(key)) causes.push(fieldInvalid(field, key, why))
    for (const why of checkLabelValue(value)) causes.push(fieldInvalid(field, value, why))
  }
  return causes
}

function annotationCauses(annotations: Readonly<Record<string, string>>): StatusCause[] {
  const keys = Object.keys(annotations)
  const causes = keys.flatMap((key) =>
    checkLabelKey(key.toLowerCase()).map((why) => fieldInvalid('metadata.annotations', key, why)),
  )
  if (annotationsBytes(annotations) > maxAnnotationsBytes) {
    causes.push(fieldTooLong('metadata.annotations', maxAnnotationsBytes))
  }
  return causes
}

function ownerCauses({ ownerReferences }: ObjectMeta): StatusCause[] {
  const causes: StatusCause[] = []
  for (const owner of ownerReferences ?? []) {
    const field = 'metadata.ownerReferences'
    if (!owner.apiVersion)
      causes.push(fieldInvalid(`${field}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty'))
    if (!owner.kind) causes.push(fieldInvalid(`${field}.kind`, owner.kind ?? '', 'must not be empty'))
    if (!owner.name) causes.push(fieldInvalid(`${field}.name`, owner.name ?? '', 'must not be empty'))
    if (!owner.uid) causes.push(fieldInvalid(`${field}.uid`, owner.uid ?? '', 'must not be empty'))
  }
  const controllers = (ownerReferences ?? []).filter(({ controller }) => controller)
  const [first, second] = controllers
  if (first && second) {
    const why = `Only one reference can have Controller set to true. Found "true" in references for ${first.kind}/${first.name} and ${second.kind}/${second.name}`
    causes.push(fieldInvalid('metadata.ownerReferences', ownerReferences, why))
  }
  return causes
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

function finalizerCauses(finalizers: readonly string[]): StatusCause[] {
  const causes = finalizers.flatMap((finalizer, index) => {
    const at = `metadata.finalizers[${index}]`
    const wrong = checkLabelKey(finalizer)
    if (wrong.length > 0) return wrong.map((why) => fieldInvalid(at, finalizer, why))
    if (finalizer.includes('/') || standardFinalizers.has(finalizer)) return []
    const why = 'name is neither a standard finalizer name nor is it fully qualified'
    return [fieldInvalid(at, finalizer, why)]
  })
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    const why = 'finalizer orphan and foregroundDeletion cannot be both set'
    causes.push(fieldInvalid('metadata.finalizers', finalizers, why))
  }
  return causes
}

export function metadataUpdateCauses(next: ObjectMeta, live: ObjectMeta): readonly StatusCause[] {
  const causes: StatusCause[] = []
  for (const field of ['name', 'namespace', 'uid'] as const) {
    if ((next[field] ?? '') !== (live[field] ?? '')) {
      causes.push(fieldInvalid(`metadata.${field}`, next[field] ?? '', 'field is immutable'))
    }
  }
  if (live.deletionTimestamp !== undefined) {
    const added = (next.finalizers ?? []).filter((one) => !live.finalizers?.includes(one))
    if (added.length > 0) {
      const shown = `[]string{${added.map((one) => JSON.stringify(one)).join(', ')}}`
      const why = `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`
      causes.push(fieldForbidden('metadata.finalizers', why))
    }
  }
  return causes
}
