// Subresources that are created: a pod's binding to a node, and its eviction.
import type { WriteOptions } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { RequestContext } from '../operations.ts'
import type { ServedResource } from '../served-resource.ts'
import { checkLimits } from './body.ts'
import type { Core } from './core.ts'
import { writeRequest } from './core.ts'
import { deleteObject } from './delete.ts'
import { badRequest, conflict, notFound } from './refusals.ts'
import { replace } from './replace.ts'

type Options = WriteOptions & { readonly name?: string }

export async function createSubresource(
  core: Core,
  context: RequestContext,
  resource: ServedResource,
  body: KubeObject,
  options: Options,
): Promise<KubeObject> {
  checkLimits(body)
  const { namespace } = body.metadata
  const name = options.name ?? body.metadata.name
  if (namespace === undefined) throw badRequest('an empty namespace may not be set during creation')
  if (resource.kind === 'Pod' && options.subresource === 'binding') {
    return bind(core, context, resource, { ...body, metadata: { ...body.metadata, name, namespace } }, options)
  }
  if (resource.kind === 'Pod' && options.subresource === 'eviction') {
    await deleteObject(core, context, resource, { namespace, name }, evictionOptions(body, options))
    return success
  }
  throw notFound(resource, name)
}

const success = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  code: 201,
} as unknown as KubeObject

function evictionOptions(body: KubeObject, options: Options): object {
  const deletion = (body.deleteOptions ?? {}) as object
  return { ...deletion, ...(options.dryRun ? { dryRun: true } : {}) }
}

async function bind(
  core: Core,
  context: RequestContext,
  resource: ServedResource,
  binding: KubeObject,
  options: Options,
): Promise<KubeObject> {
  const node = (binding.target as { name?: string } | undefined)?.name
  if (!node) throw badRequest('target.name: Required value')
  const { name, namespace } = binding.metadata
  const request = writeRequest(core, context, resource, options)
  const pods = { group: '', plural: 'pods/binding' }
  await replace(request, { name, ...(namespace ? { namespace } : {}) }, (live) => {
    const spec = live.spec as { nodeName?: string }
    if (live.metadata.deletionTimestamp)
      throw conflict(pods, name, `pod ${name} is being deleted, cannot be assigned to a host`)
    if (spec.nodeName) throw conflict(pods, name, `pod ${name} is already assigned to node "${spec.nodeName}"`)
    const scheduled = {
      type: 'PodScheduled',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: request.rule.now,
    }
    const status = live.status as { conditions?: readonly { type: string }[] } | undefined
    const others = status?.conditions?.filter(({ type }) => type !== 'PodScheduled') ?? []
    const bound = { ...spec, nodeName: node }
    // Nobody owns the node of a pod, whoever chose it.
    return {
      object: { ...live, spec: bound, status: { ...status, conditions: [...others, scheduled] } },
      isTracked: true,
    }
  })
  return success
}
