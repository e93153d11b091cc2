// createInformer: a reflector that fills a table of rows.
import { type KubeObject } from '@flotilla/machinery/object'
import { apiVersionOf } from '@flotilla/machinery/resource'
import type { Informer, InformerOptions } from './informer.ts'
import { Reflector } from './reflector.ts'
import { RowTable } from './row-table.ts'

/** An informer that does nothing before `start()`. `synced()` stays pending when it is stopped before. */
export function createInformer<Row = KubeObject>(options: InformerOptions<Row>): Informer<Row> {
  const log = options.env.log.child({ resource: options.resource.plural })
  const table = new RowTable<Row>(options.indexes ?? {}, log)
  // Without a projection, Row is KubeObject by default.
  const project = options.project ?? (withoutManagedFields as (object: KubeObject) => Row)
  const complete = Promise.withResolvers<void>()
  let hasSynced = false
  const sink = {
    upsert(key: string, object: KubeObject) {
      const version = object.metadata.resourceVersion ?? ''
      if (version === '' || !table.isCurrent(key, version)) table.set(key, project(named(object)), version)
    },
    remove: (key: string) => table.delete(key),
    keys: () => table.keys(),
  }
  const reflector = new Reflector(options, sink, () => {
    hasSynced = true
    complete.resolve()
  })
  const abort = new AbortController()
  let running: Promise<void> | undefined

  /** The items of a list may come without apiVersion and kind. */
  function named(object: KubeObject): KubeObject {
    if (object.kind) return object
    return { ...object, apiVersion: apiVersionOf(options.resource), kind: options.resource.kind }
  }

  async function stop(): Promise<void> {
    abort.abort()
    await running
  }

  return {
    start() {
      running ??= reflector.run(abort.signal)
    },
    stop,
    [Symbol.asyncDispose]: stop,
    get: (key) => table.get(key),
    list: () => table.rows(),
    byIndex: (index, value) => table.byIndex(index, value),
    onChange: (listener) => table.listen(listener),
    synced: () => complete.promise,
    get hasSynced() {
      return hasSynced
    },
    get size() {
      return table.size
    },
    get state() {
      return reflector.state
    },
    get lastError() {
      return reflector.lastError
    },
    get lastSeen() {
      return reflector.lastSeen
    },
  }
}

function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields, ...metadata } = object.metadata
  return managedFields === undefined ? object : { ...object, metadata }
}
