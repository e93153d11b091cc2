// The verbs, put together over one store and one catalog.
import type { Operations } from '../operations.ts'
import type { Core } from './core.ts'
import { create } from './create.ts'
import { createSubresource } from './create-subresource.ts'
import { deleteCollection, deleteObject } from './delete.ts'
import { get, list } from './read.ts'
import { patchScale, updateScale } from './scale-writes.ts'
import { apply, patch, update } from './update.ts'
import type { WatchHub } from './watch.ts'

export function createOperations(core: Core, hub: WatchHub): Operations {
  return {
    get: async (_context, resource, key, options) => get(core, resource, key, options),
    list: async (_context, resource, options) => list(core, resource, options),
    watch: (_context, resource, options) => hub.watch(resource, options),
    create: (context, resource, object, options) =>
      options.subresource
        ? createSubresource(core, context, resource, object, options)
        : create(core, context, resource, object, options),
    update: (context, resource, key, object, options) =>
      options.subresource === 'scale'
        ? updateScale(core, context, resource, key, object, options)
        : update(core, context, resource, key, object, options),
    patch: (context, resource, key, change, options) =>
      options.subresource === 'scale'
        ? patchScale(core, context, resource, key, change, options)
        : patch(core, context, resource, key, change, options),
    apply: (context, resource, key, object, options) => apply(core, context, resource, key, object, options),
    delete: (context, resource, key, options) => deleteObject(core, context, resource, key, options),
    deleteCollection: (context, resource, options) => deleteCollection(core, context, resource, options),
  }
}
