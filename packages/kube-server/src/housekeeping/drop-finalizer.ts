// Takes a finalizer off an object, which goes with its last one.
import type { KubeObject } from '@flotilla/machinery/object'
import type { RequestContext } from '../operations.ts'
import type { ServedResource } from '../served-resource.ts'
import type { HousekeepingDeps } from './deps.ts'
import { keyOfStored } from './deps.ts'

/** Field manager of what upstream's controllers do. */
export const manager = 'kube-controller-manager'

/** Throws Conflict when `object` was changed meanwhile, NotFound when it is gone. */
export async function dropFinalizer(
  { operations }: HousekeepingDeps,
  context: RequestContext,
  resource: ServedResource,
  object: KubeObject,
  finalizer: string,
): Promise<void> {
  const { uid, resourceVersion, finalizers = [] } = object.metadata
  const patch = { metadata: { uid, resourceVersion, finalizers: finalizers.filter((one) => one !== finalizer) } }
  await operations.patch(context, resource, keyOfStored(object), { type: 'merge', patch }, { fieldManager: manager })
}
