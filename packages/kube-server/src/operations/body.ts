// From what a client sent to an object of the resource's kind: shape, limits, identity, unknown fields, defaults.
import { FlotillaError, type StatusCause } from '@flotilla/machinery/errors'
import { applyDefaults } from '@flotilla/machinery/defaults'
import { builtinKindSchema } from '@flotilla/machinery/builtin-kinds'
import { isJsonObject } from '@flotilla/machinery/json-value'
import type { KubeObject } from '@flotilla/machinery/object'
import { dropUnknownFields, pruneValue } from '@flotilla/machinery/prune'
import { apiVersionOf } from '@flotilla/machinery/resource'
import { validateValue } from '@flotilla/machinery/validate'
import type { ServedResource } from '../served-resource.ts'
import { asVersion } from '../storage-forms.ts'
import type { WriteRequest } from './core.ts'
import { withoutEmptyValues } from './empty-values.ts'
import { canonicalQuantities } from './quantities.ts'
import { badRequest } from './refusals.ts'
import { wrongType } from './wrong-types.ts'

/** As etcd limits one request; the HTTP door allows bodies of 3 MiB. */
const maxObjectBytes = 1.5 * 1024 * 1024
const maxDepth = 500

/** `body` as an object of `resource`; a missing apiVersion or kind is what the URL says. */
export function asObjectOf(resource: ServedResource, body: unknown): KubeObject {
  if (!isJsonObject(body)) throw badRequest(`Cannot read a ${resource.kind}: the body is no object`)
  checkLimits(body)
  const { apiVersion, kind } = body
  const expected = apiVersionOf(resource)
  if (apiVersion !== undefined && apiVersion !== '' && apiVersion !== expected) {
    throw badRequest(
      `the API version in the data (${shownWord(apiVersion)}) does not match the expected API version (${expected})`,
    )
  }
  if (kind !== undefined && kind !== '' && kind !== resource.kind) {
    throw badRequest(`${shownWord(kind)} in version "${resource.version}" cannot be handled as a ${resource.kind}`)
  }
  const metadata = isJsonObject(body.metadata) ? body.metadata : {}
  return { ...body, apiVersion: expected, kind: resource.kind, metadata } as unknown as KubeObject
}

function shownWord(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Refuses what no client sends by accident: prototype keys, absurd depth, more bytes than the store takes. */
export function checkLimits(value: unknown): void {
  const bytes = countBytes(value, 0)
  if (bytes > maxObjectBytes) {
    throw new FlotillaError('TooLarge', `etcdserver: request is too large: ${bytes} bytes, limit is ${maxObjectBytes}`)
  }
}

function countBytes(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 5
  if (depth >= maxDepth) throw badRequest(`Cannot read the object: it is nested deeper than ${maxDepth} levels`)
  let bytes = 2
  if (Array.isArray(value)) {
    for (const item of value) bytes += countBytes(item, depth + 1) + 1
    return bytes
  }
  for (const field of Object.keys(value)) {
    if (field === '__proto__') throw badRequest('Cannot read the object: a field named "__proto__" is not accepted')
    bytes += field.length + 4 + countBytes((value as Record<string, unknown>)[field], depth + 1)
  }
  return bytes
}

/**
 * `object` without unknown fields, with defaults, in the stored form. `refuse` words the answer to unknown fields
 * under Strict. `keepsNulls`: those that the schema does not allow are not dropped, so that they are refused.
 */
export function conform(
  request: WriteRequest,
  object: KubeObject,
  refuse: (problem: string) => Error,
  { keepsNulls = false } = {},
): KubeObject {
  const { schema, isCustom } = request.resource
  const known = withoutUnknown(request, object, refuse)
  const canonical = isCustom ? known : canonicalQuantities(schema, known)
  const stored = asVersion(canonical, request.resource, apiVersionOf(request.stored))
  return withDefaults(request, stored, { keepsNulls })
}

export function withDefaults(request: WriteRequest, object: KubeObject, options = { keepsNulls: false }): KubeObject {
  const defaulted = applyDefaults(request.stored.schema, object, options)
  return request.rules.defaults?.(defaulted) ?? defaulted
}

const metaName = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const metaKind = builtinKindSchema(metaName)

/** `object` as the store's structures keep it. Definitions are stored as JSON, which keeps empty lists. */
export function asKept({ stored }: WriteRequest, object: KubeObject): KubeObject {
  return isTyped(stored) ? withoutEmptyValues(stored.schema, object) : object
}

function isTyped({ isCustom, group }: ServedResource): boolean {
  return !isCustom && group !== 'apiextensions.k8s.io'
}

function withoutUnknown(request: WriteRequest, object: KubeObject, refuse: (problem: string) => Error): KubeObject {
  const { schema, isCustom, schemaName } = request.resource
  const wrong = isCustom ? wrongType(metaKind, metaName, object.metadata) : wrongType(schema, schemaName, object)
  if (wrong !== undefined) throw refuse(wrong)
  const { value, pruned } = isCustom ? pruneValue(schema, object) : dropUnknownFields(schema, object)
  const { bodyProblems, warn } = request.context
  if ((pruned.length === 0 && bodyProblems === undefined) || request.fieldValidation === 'Ignore') return value
  const unknown = pruned.map((path) => `unknown field "${path}"`)
  if (request.fieldValidation === 'Strict') {
    throw refuse(`strict decoding error: ${[...(bodyProblems?.errors ?? []), ...unknown].join(', ')}`)
  }
  for (const problem of [...(bodyProblems?.warnings ?? []), ...unknown]) warn(problem)
  return value
}

export function cannotHandle(resource: ServedResource, why: string): FlotillaError {
  const { kind, version } = resource
  return badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${why}`)
}

/** What the schema finds wrong. Built-in schemas call required what Go always writes, so that is not held here. */
export function schemaCauses({ stored }: WriteRequest, object: KubeObject): readonly StatusCause[] {
  const causes = validateValue(stored.schema, object, { checkListTypes: stored.isCustom })
  if (stored.isCustom) return causes
  return causes
    .filter(({ reason }) => reason !== 'FieldValueRequired' && reason !== 'FieldValueTypeInvalid')
    .flatMap(inGoWords)
}

/** Enumerations whose values upstream lists in an order of its own; '' for those that the rules of kinds look at. */
const enumerations: Readonly<Record<string, string>> = {
  '"Always", "Never", "OnFailure"': '"Always", "OnFailure", "Never"',
  '"ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"':
    '"ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"',
  '"FallbackToLogsOnError", "File"': '"File", "FallbackToLogsOnError"',
  '"Egress", "Ingress"': '"Ingress", "Egress"',
  '"NoExecute", "NoSchedule", "PreferNoSchedule"': '',
  '"Equal", "Exists", "Gt", "Lt"': '',
  '"Recreate", "RollingUpdate"': '',
  '"FQDN", "IPv4", "IPv6"': '',
}

function inGoWords(cause: StatusCause): readonly StatusCause[] {
  if (cause.reason !== 'FieldValueNotSupported') return [cause]
  const [what = '', values = ''] = (cause.message ?? '').split(': supported values: ')
  const inOrder = enumerations[values]
  if (inOrder === undefined) return [cause]
  return inOrder === '' ? [] : [{ ...cause, message: `${what}: supported values: ${inOrder}` }]
}
