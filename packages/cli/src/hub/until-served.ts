// Waits until an API server serves kinds that were just installed: their definitions are accepted a moment before.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Resource } from '@flotilla/machinery/resource'
import type { Env } from '@flotilla/runtime/env'

const pollMs = 100

/** @throws Timeout naming the kind that is not served after `withinMs`; what else the server answers is thrown as it is. */
export async function untilServed(
  env: Env,
  api: KubeApi,
  resources: readonly Resource[],
  withinMs = 30_000,
): Promise<void> {
  const deadline = env.clock.monotonic() + withinMs
  for (const resource of resources) {
    while (!(await isServed(api, resource))) {
      if (env.clock.monotonic() > deadline) {
        throw new FlotillaError('Timeout', `Cannot use kind ${resource.kind}: it is not served after ${withinMs} ms`)
      }
      await env.timers.sleep(pollMs)
    }
  }
}

/** 404: not known yet. 429: known, its storage is being made ready. */
async function isServed(api: KubeApi, resource: Resource): Promise<boolean> {
  try {
    await api.list(resource, { limit: 1 })
    return true
  } catch (error) {
    if (isError(error, 'NotFound', 'TooManyRequests', 'Unavailable')) return false
    throw error
  }
}
