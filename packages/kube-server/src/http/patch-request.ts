// PATCH: the four kinds of patch, each by its content type.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { JsonPatchOperation } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { apiVersionOf, parseApiVersion } from '@flotilla/machinery/resource'
import type { RequestContext } from '../operations.ts'
import { jsonType } from '../operations/wrong-types.ts'
import { decodeBody, mediaTypeOf, unsupported, type DecodedBody } from './decode-body.ts'
import { headerOf } from './exchange.ts'
import { bytesOf, findsDuplicates } from './object-body.ts'
import { isTrue } from './parse-request.ts'
import { refuse, writeOptions } from './query-options.ts'
import type { ResourceRequest } from './resource-request.ts'

const jsonPatch = 'application/json-patch+json'
const mergePatch = 'application/merge-patch+json'
const strategicPatch = 'application/strategic-merge-patch+json'
const applyPatch = 'application/apply-patch+yaml'

const maxJsonPatchOperations = 10_000

interface Patched {
  readonly object: KubeObject
  readonly created: boolean
}

/** Throws UnsupportedMediaType for a type that the resource has not: custom resources have no strategic merge. */
export async function patchRequest(request: ResourceRequest): Promise<Patched> {
  const { exchange, resource } = request
  const accepted = [jsonPatch, mergePatch, ...(resource.isCustom ? [] : [strategicPatch]), applyPatch]
  const type = mediaTypeOf(headerOf(exchange.request, 'content-type'))
  if (!accepted.includes(type)) throw resource.isCustom ? unsupported(accepted) : unsupportedType()
  checkOptions(request, type)
  const body = await bytesOf(request)
  const { value, problems } = decode(body, type === applyPatch ? 'yaml' : 'json', findsDuplicates(exchange))
  const context = problems === undefined ? exchange.context : { ...exchange.context, bodyProblems: problems }
  return type === applyPatch ? apply(request, context, value) : patch(request, context, type, value)
}

/** What answers when no route takes the type. */
function unsupportedType(): FlotillaError {
  return new FlotillaError('UnsupportedMediaType', '415: Unsupported Media Type', {})
}

function checkOptions({ exchange }: ResourceRequest, type: string): void {
  const { query } = exchange.info
  if (type !== applyPatch && query.has('force')) {
    refuse('PatchOptions', 'force', 'Forbidden', 'may not be specified for non-apply patch')
  }
  if (type === applyPatch && (query.get('fieldManager') ?? '') === '') {
    refuse('PatchOptions', 'fieldManager', 'Required', 'is required for apply patch')
  }
}

async function apply(request: ResourceRequest, context: RequestContext, value: unknown): Promise<Patched> {
  const { deps, exchange, resource, key, userAgent } = request
  const { info, signal } = exchange
  const object = asObject(value)
  checkAppliedKind(request, object as { apiVersion?: string; kind?: string })
  const write = writeOptions('PatchOptions', info, userAgent)
  const force = isTrue(info.query.get('force'))
  const options = { ...write, fieldManager: write.fieldManager ?? '', force, signal }
  return deps.operations.apply(context, resource, key, object as KubeObject, options)
}

function checkAppliedKind({ resource }: ResourceRequest, object: { apiVersion?: string; kind?: string }): void {
  const { apiVersion = '', kind = '' } = object
  if (apiVersion === apiVersionOf(resource) && kind === resource.kind) return
  const { group, version } = parseApiVersion(apiVersion)
  throw new FlotillaError('BadRequest', `invalid object type: ${group}/${version}, Kind=${kind}`)
}

async function patch(
  request: ResourceRequest,
  context: RequestContext,
  type: string,
  value: unknown,
): Promise<Patched> {
  const { deps, exchange, resource, key, userAgent } = request
  const options = { ...writeOptions('PatchOptions', exchange.info, userAgent), signal: exchange.signal }
  const patch =
    type === jsonPatch
      ? ({ type: 'json', operations: asOperations(value) } as const)
      : ({ type: type === mergePatch ? 'merge' : 'strategic', patch: asObject(value) } as const)
  const object = await deps.operations.patch(context, resource, key, patch, options)
  return { object, created: false }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw undecodable(`json: cannot unmarshal ${jsonType(value)} into Go value of type map[string]interface {}`)
}

function asOperations(value: unknown): readonly JsonPatchOperation[] {
  if (!Array.isArray(value))
    throw undecodable(`json: cannot unmarshal ${jsonType(value)} into Go value of type []handlers.jsonPatchOp`)
  if (value.length > maxJsonPatchOperations) {
    const text = `The allowed maximum operations in a JSON patch is ${maxJsonPatchOperations}, got ${value.length}`
    throw new FlotillaError('TooLarge', text)
  }
  return value as readonly JsonPatchOperation[]
}

function undecodable(why: string): FlotillaError {
  return new FlotillaError('BadRequest', `error decoding patch: ${why}`)
}

function decode(body: Buffer, format: 'json' | 'yaml', duplicates: boolean): DecodedBody {
  try {
    return decodeBody(body, format, duplicates)
  } catch (error) {
    if (isError(error)) throw error
    const why = error instanceof Error ? error.message : ''
    const what = format === 'yaml' ? 'error decoding YAML: error converting YAML to JSON' : 'error decoding patch'
    throw new FlotillaError('BadRequest', `${what}: ${why}`)
  }
}
