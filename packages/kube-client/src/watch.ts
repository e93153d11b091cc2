// A watch: one long answer, one event per line.
import { FlotillaError, fromStatus, type Status } from '@flotilla/machinery/errors'
import type { WatchEvent, WatchOptions } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { collectionPath, groupResourceOf, type Resource } from '@flotilla/machinery/resource'
import { readBody, readLines } from './body.ts'
import { withQuery } from './query.ts'
import { refusal } from './refusal.ts'
import type { Answer, OutgoingRequest, Requester } from './requester.ts'

/**
 * Sends the request at once. Ends when the server ends the stream, the signal aborts or the iteration is left; throws
 * when the connection is lost.
 */
export function openWatch<T extends KubeObject>(
  requester: Requester,
  resource: Resource,
  options: WatchOptions,
): AsyncIterable<WatchEvent<T>> {
  const leave = new AbortController()
  const { signal } = options
  const request = watchRequest(resource, {
    ...options,
    signal: signal === undefined ? leave.signal : AbortSignal.any([signal, leave.signal]),
  })
  const opened = open(requester, request)
  // The error waits for whoever iterates.
  opened.catch(() => undefined)
  const iterator = events<T>(requester, request, opened)
  const close = iterator.return.bind(iterator)
  // A generator that was never started would not run its `finally`: the stream is ended from here.
  iterator.return = (value) => {
    leave.abort()
    return close(value)
  }
  return iterator
}

function watchRequest(resource: Resource, options: WatchOptions): OutgoingRequest {
  const { signal, namespace, ...query } = options
  // The server takes initial events only together with these.
  const initial =
    query.sendInitialEvents === true ? { allowWatchBookmarks: true, resourceVersionMatch: 'NotOlderThan' } : {}
  return {
    what: `Cannot watch ${groupResourceOf(resource)}`,
    method: 'GET',
    path: withQuery(collectionPath(resource, namespace), { watch: true, ...query, ...initial }),
    isLongLived: true,
    ...(signal === undefined ? {} : { signal }),
  }
}

async function open(requester: Requester, request: OutgoingRequest): Promise<Answer> {
  const answer = await requester.send(request)
  if (answer.status === 200) return answer
  const { value } = await requester.read(request, () => readBody(answer))
  throw refusal(answer.status, value, request.what, answer.retryAfterSeconds)
}

async function* events<T extends KubeObject>(
  requester: Requester,
  request: OutgoingRequest,
  opened: Promise<Answer>,
): AsyncGenerator<WatchEvent<T>> {
  try {
    const answer = await opened
    for await (const line of readLines(answer.body)) yield parseEvent<T>(line, request.what)
  } catch (error) {
    if (request.signal?.aborted === true) return
    throw requester.worded(request, error)
  }
}

interface WireEvent {
  readonly type: string
  readonly object: KubeObject
}

function parseEvent<T extends KubeObject>(line: string, what: string): WatchEvent<T> {
  const { type, object } = parseLine(line, what)
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: object as T }
    case 'BOOKMARK':
      return {
        type,
        resourceVersion: object.metadata.resourceVersion ?? '',
        initialEventsEnd: object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true',
      }
    case 'ERROR': {
      const status = object as unknown as Status
      throw fromStatus(status.code ?? 500, status, what)
    }
    default:
      throw new FlotillaError('Unavailable', `${what}: the server sent an event of the unknown type ${type}`)
  }
}

function parseLine(line: string, what: string): WireEvent {
  try {
    return JSON.parse(line) as WireEvent
  } catch (error) {
    throw new FlotillaError('Unavailable', `${what}: the server sent a broken event`, {}, { cause: error })
  }
}
