// Writing the scale subresource: only the replicas change, and their owner is noted as having come through scale.
import { applyJsonPatch } from '@flotilla/machinery/json-patch'
import type { Patch, WriteOptions } from '@flotilla/machinery/kube-api'
import { applyMergePatch } from '@flotilla/machinery/merge-patch'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { RequestContext } from '../operations.ts'
import type { ServedResource } from '../served-resource.ts'
import { asVersion } from '../storage-forms.ts'
import { apiVersionOf } from '@flotilla/machinery/resource'
import { checkLimits } from './body.ts'
import type { Core, WriteRequest } from './core.ts'
import { writeRequest } from './core.ts'
import { modified } from './refusals.ts'
import { replace } from './replace.ts'
import { scaleOf, withScale } from './scale.ts'
import type { Written } from './update.ts'

export async function updateScale(
  core: Core,
  context: RequestContext,
  resource: ServedResource,
  key: ObjectKey,
  scale: KubeObject,
  options: WriteOptions,
): Promise<Written> {
  checkLimits(scale)
  const request = writeRequest(core, context, resource, options)
  return { object: await scaled(request, key, () => scale), created: false }
}

export async function patchScale(
  core: Core,
  context: RequestContext,
  resource: ServedResource,
  key: ObjectKey,
  change: Patch,
  options: WriteOptions,
): Promise<KubeObject> {
  checkLimits(change)
  const request = writeRequest(core, context, resource, options)
  return scaled(request, key, (current) => {
    const next =
      change.type === 'json' ? applyJsonPatch(current, change.operations) : applyMergePatch(current, change.patch)
    return next as KubeObject
  })
}

async function scaled(
  request: WriteRequest,
  key: ObjectKey,
  nextScale: (current: KubeObject) => KubeObject,
): Promise<KubeObject> {
  const { resource, stored } = request
  const object = await replace(request, key, (live) => {
    const current = asVersion(live, resource)
    const scale = nextScale(scaleOf(resource, current))
    const { resourceVersion } = scale.metadata ?? {}
    if (resourceVersion && resourceVersion !== live.metadata.resourceVersion) throw modified(stored, key.name)
    return { object: asVersion(withScale(resource, current, scale), resource, apiVersionOf(stored)) }
  })
  return scaleOf(resource, object)
}
