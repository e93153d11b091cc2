// The way to a member: every request goes through its budget, and every answer is a sign of life.
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi, RawRequest } from '@flotilla/machinery/kube-api'
import type { Env } from '@flotilla/runtime/env'
import type { RequestBudget } from './request-budget.ts'

export interface ContactListener {
  /** The member answered, be it with a refusal. */
  answered(): void
  /** Nothing came back. */
  silent(error: unknown): void
}

/** Throws when a write may not be sent now. */
export type WriteCheck = () => void

/**
 * `api` within `budget`. Watches are not counted: they are opened once and stay. `check` is asked before each write,
 * and once more when it has waited.
 */
export function contactThrough(
  env: Env,
  api: KubeApi,
  budget: RequestBudget,
  listener: ContactListener,
  check: WriteCheck = () => {},
): KubeApi {
  async function write<T>(signal: AbortSignal | undefined, request: () => Promise<T>): Promise<T> {
    check()
    return send(signal, request, check)
  }

  async function send<T>(
    signal: AbortSignal | undefined,
    request: () => Promise<T>,
    afterWait?: WriteCheck,
  ): Promise<T> {
    const wait = budget.take(signal)
    if (wait) {
      await wait
      afterWait?.()
    }
    const sentAt = env.clock.monotonic()
    try {
      const answer = await request()
      budget.observe(env.clock.monotonic() - sentAt)
      listener.answered()
      return answer
    } catch (error) {
      budget.observe(env.clock.monotonic() - sentAt, error)
      if (signal?.aborted !== true) noteError(listener, error)
      throw error
    }
  }

  return {
    get: (resource, key, options) => send(options?.signal, () => api.get(resource, key, options)),
    list: (resource, options) => send(options?.signal, () => api.list(resource, options)),
    watch: (resource, options) => api.watch(resource, options),
    create: (resource, object, options) => write(options?.signal, () => api.create(resource, object, options)),
    update: (resource, object, options) => write(options?.signal, () => api.update(resource, object, options)),
    patch: (resource, key, patch, options) => write(options?.signal, () => api.patch(resource, key, patch, options)),
    apply: (resource, object, options) => write(options.signal, () => api.apply(resource, object, options)),
    delete: (resource, key, options) => write(options?.signal, () => api.delete(resource, key, options)),
    raw: (request) => (isRead(request) ? send : write)(request.signal, () => api.raw(request)),
  }
}

function isRead({ method = 'GET' }: RawRequest): boolean {
  return method === 'GET'
}

function noteError(listener: ContactListener, error: unknown): void {
  if (isSilence(error)) listener.silent(error)
  else if (isError(error)) listener.answered()
}

/** True for an error that says nothing of the member but that it cannot be reached. */
export function isSilence(error: unknown): boolean {
  return isError(error, 'Unavailable', 'Timeout') && error.details.retryAfterSeconds === undefined
}
