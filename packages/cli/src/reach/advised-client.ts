// A client of the hub whose failures to get there say what to do next.
import { group } from '@flotilla/api/group'
import type { KubeClient } from '@flotilla/kube-client/client'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { Resource } from '@flotilla/machinery/resource'

export interface HubAdvice {
  /** The command that starts the hub, when it is one that `flotilla start` made on this machine. */
  readonly start?: string
  /** The command that looks at the way to it. */
  readonly look: string
}

const hopsBelowHttp = new Set(['resolve', 'connect', 'tls'])

export function advisedClient(client: KubeClient, advice: HubAdvice): KubeClient {
  const told = async <T>(answer: Promise<T>, resource?: Resource): Promise<T> => {
    try {
      return await answer
    } catch (error) {
      if (resource?.group === group && isUnserved(error)) throw noHub(client.server, resource, error)
      throw withNext(error, client.server, advice)
    }
  }
  return {
    ...client,
    get: (resource, key, options) => told(client.get(resource, key, options), resource),
    list: (resource, options) => told(client.list(resource, options), resource),
    create: (resource, object, options) => told(client.create(resource, object, options)),
    update: (resource, object, options) => told(client.update(resource, object, options)),
    patch: (resource, key, patch, options) => told(client.patch(resource, key, patch, options)),
    apply: (resource, object, options) => told(client.apply(resource, object, options)),
    delete: (resource, key, options) => told(client.delete(resource, key, options)),
    raw: (request) => told(client.raw(request)),
  }
}

function withNext(error: unknown, server: string, { start, look }: HubAdvice): unknown {
  if (!isError(error) || error.message.includes('Next: ')) return error
  const { code, details, message } = error
  if (hopsBelowHttp.has(details.hop ?? '')) {
    const next = start !== undefined && isRefused(error) ? start : look
    return new FlotillaError(code, `${message}. Next: ${next}`, details, { cause: error })
  }
  if (code !== 'Unauthenticated') return error
  return new FlotillaError(code, `Cannot use the hub at ${server}: ${message}. Next: ${look}`, details, {
    cause: error,
  })
}

/** The kind is missing, not an object of it. */
function isUnserved(error: unknown): boolean {
  return isError(error, 'NotFound') && error.details.name === undefined
}

function noHub(server: string, { plural }: Resource, cause: unknown): FlotillaError {
  const next = 'choose the context of the hub with --context, or make it one with flotilla install'
  return new FlotillaError('NotFound', `${server} is no hub: it does not serve ${plural}. Next: ${next}`, {}, { cause })
}

/** Nothing listens there. */
function isRefused(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && error.code === 'ECONNREFUSED') return true
  return isRefused(error.cause) || (error instanceof AggregateError && error.errors.some(isRefused))
}
