// An API whose answers a test falsifies, the way broken servers, proxies and tokens do.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi, RawResponse, WatchEvent } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'

export interface Lies {
  /** On connections of this purpose only. Default: on all. */
  on?: 'sync' | 'probe' | undefined
  /** Reads of several objects at once show nothing of it. */
  hides?: ((resource: Resource) => boolean) | undefined
  /** Watches never say that all there was has been sent. */
  withholdsEnd?: ((resource: Resource) => boolean) | undefined
  /** What a single object is read as. */
  get?: ((resource: Resource, object: KubeObject) => KubeObject) | undefined
  /** What every request but writes is answered with. */
  refuses?: ((resource: Resource | undefined) => FlotillaError | undefined) | undefined
  /** What happens right before an apply is carried out; throwing refuses it. */
  beforeApply?: ((resource: Resource, object: KubeObject) => unknown) | undefined
  /** Applies that are carried out and whose answer is lost on its way. */
  loses?: ((resource: Resource) => boolean) | undefined
  /** What becomes of an answer that is no object. */
  raw?: ((path: string, answer: RawResponse) => RawResponse) | undefined
}

export function lying(api: KubeApi, told: Lies, purpose?: 'sync' | 'probe'): KubeApi {
  const lies: Lies = new Proxy(told, {
    get: (all, name: keyof Lies) => (all.on === undefined || all.on === purpose ? all[name] : undefined),
  })
  const check = (resource?: Resource) => {
    const error = lies.refuses?.(resource)
    if (error) throw error
  }
  return {
    ...api,
    async get(resource, key, options) {
      check(resource)
      const object = await api.get(resource, key, options)
      return lies.get?.(resource, object) ?? object
    },
    async list(resource, options) {
      check(resource)
      const page = await api.list(resource, options)
      return lies.hides?.(resource) === true ? { ...page, items: [] } : page
    },
    async apply(resource, object, options) {
      await lies.beforeApply?.(resource, object)
      const answer = await api.apply(resource, object, options)
      if (lies.loses?.(resource) === true)
        throw new FlotillaError('Timeout', `Cannot apply ${resource.plural}: no answer`)
      return answer
    },
    watch: (resource, options) =>
      visible(resource, lies, () => {
        check(resource)
        return api.watch(resource, options)
      }),
    async raw(request) {
      check()
      const answer = await api.raw(request)
      return lies.raw?.(request.path, answer) ?? answer
    },
  } as KubeApi
}

async function* visible(resource: Resource, lies: Lies, open: () => AsyncIterable<WatchEvent>) {
  for await (const event of open()) {
    const isHidden = event.type === 'BOOKMARK' ? lies.withholdsEnd?.(resource) : lies.hides?.(resource)
    if (isHidden !== true) yield event
  }
}
