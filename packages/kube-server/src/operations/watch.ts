// Watches: the events of one resource from a revision on, as the watcher's selectors see them.
import { fieldForbidden } from '@flotilla/machinery/field-error'
import type { WatchEvent, WatchOptions } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Timer } from '@flotilla/runtime/env'
import type { ServedResource } from '../served-resource.ts'
import { asVersion, storedResource, storePrefix } from '../storage-forms.ts'
import type { StoreEvent } from '../store/store.ts'
import type { Core } from './core.ts'
import { parseRevision } from './read.ts'
import { invalid, notAllowed } from './refusals.ts'
import type { Selection } from './selection.ts'
import { selectionOf } from './selection.ts'
import { WatchStream } from './watch-stream.ts'

const bookmarkEveryMs = 60_000

/** Events that one slow watcher may have waiting. */
const capacity = 10_000

export interface WatchHub {
  watch(resource: ServedResource, options: WatchOptions): AsyncIterable<WatchEvent>
  /** Ends every watch of the resource (its definition changed or went), or all of them. */
  end(resource?: string): void
}

interface Watcher {
  readonly resource: string
  readonly stream: WatchStream
  readonly wantsBookmarks: boolean
}

export function createWatchHub(core: Core): WatchHub {
  const watchers = new Set<Watcher>()
  let ticking: Timer | undefined

  function tick() {
    ticking = undefined
    const bookmark = bookmarkAt(core.store.revision, false)
    for (const { stream, wantsBookmarks } of watchers) if (wantsBookmarks) stream.push(bookmark)
    keepTicking()
  }

  function keepTicking() {
    if (ticking === undefined && watchers.size > 0) ticking = core.env.timers.after(bookmarkEveryMs, tick)
  }

  return {
    watch(resource, options) {
      const { stream, wantsBookmarks } = open(core, resource, options)
      const watcher = { resource: storedResource(resource), stream, wantsBookmarks }
      watchers.add(watcher)
      stream.onEnd(() => {
        watchers.delete(watcher)
        if (watchers.size > 0) return
        ticking?.cancel()
        ticking = undefined
      })
      keepTicking()
      return stream
    },
    end(resource) {
      for (const watcher of watchers) {
        if (resource === undefined || watcher.resource === resource) watcher.stream.end()
      }
    },
  }
}

function open(core: Core, resource: ServedResource, options: WatchOptions) {
  if (!resource.verbs.includes('watch')) throw notAllowed(resource, 'watch')
  refuseContradictions(options)
  const view = viewOf(core, resource, options)
  const stream = streamFrom(core, view, options)
  stream.onEnd(core.store.subscribe(storedResource(resource), (event) => pushTo(stream, view, event)))
  if (options.timeoutSeconds) {
    const timer = core.env.timers.after(options.timeoutSeconds * 1000, () => stream.end())
    stream.onEnd(() => timer.cancel())
  }
  const abort = () => void stream.return()
  options.signal?.addEventListener('abort', abort, { once: true })
  stream.onEnd(() => options.signal?.removeEventListener('abort', abort))
  if (options.signal?.aborted) abort()
  return { stream, wantsBookmarks: options.allowWatchBookmarks ?? false }
}

/** What one watcher sees: the range of keys, the selection, the version. */
interface View {
  readonly resource: ServedResource
  readonly prefix: string
  readonly selection: Selection
  readonly isSelective: boolean
}

function viewOf(core: Core, resource: ServedResource, options: WatchOptions): View {
  const selection = selectionOf(core.catalog, resource, options)
  const prefix = storePrefix(resource, resource.namespaced ? options.namespace : undefined)
  return { resource, prefix, selection, isSelective: !selection.selectsAll }
}

function streamFrom(core: Core, view: View, options: WatchOptions): WatchStream {
  const asked = parseRevision(options.resourceVersion, true)
  const isListed = options.sendInitialEvents ?? asked === 0
  if (isListed) return new WatchStream(initialEvents(core, view, options), capacity)
  const stream = new WatchStream([], capacity)
  try {
    const since = asked === 0 ? core.store.revision : asked
    const events = core.store
      .eventsSince(since, storedResource(view.resource))
      .flatMap((event) => seen(view, event) ?? [])
    return new WatchStream(events, capacity)
  } catch (error) {
    stream.end(error)
    return stream
  }
}

function initialEvents({ store }: Core, view: View, options: WatchOptions): WatchEvent[] {
  const events: WatchEvent[] = []
  for (const { object } of store.list({ prefix: view.prefix }).items) {
    if (view.selection.matches(object)) events.push({ type: 'ADDED', object: asVersion(object, view.resource) })
  }
  if (options.sendInitialEvents && options.allowWatchBookmarks) events.push(bookmarkAt(store.revision, true))
  return events
}

function pushTo(stream: WatchStream, view: View, event: StoreEvent): void {
  const shown = seen(view, event)
  if (shown !== undefined) stream.push(shown)
}

/** The event as the watcher sees it: an object that begins or ceases to match is added or deleted for it. */
function seen({ resource, prefix, selection, isSelective }: View, event: StoreEvent): WatchEvent | undefined {
  if (!event.key.startsWith(prefix)) return undefined
  if (!isSelective) return { type: event.type, object: asVersion(event.object, resource) }
  const matchesNow = event.type !== 'DELETED' && selection.matches(event.object)
  const matchedBefore = event.before !== undefined && selection.matches(event.before.object)
  if (!matchesNow && !matchedBefore) return undefined
  if (matchesNow) return { type: matchedBefore ? 'MODIFIED' : 'ADDED', object: asVersion(event.object, resource) }
  return { type: 'DELETED', object: asVersion(lastMatch(event), resource) }
}

/** The last state that matched, at the revision at which it ceased to. */
function lastMatch({ before, object, revision }: StoreEvent): KubeObject {
  const last = before?.object ?? object
  return { ...last, metadata: { ...last.metadata, resourceVersion: String(revision) } }
}

function bookmarkAt(revision: number, initialEventsEnd: boolean): WatchEvent {
  return { type: 'BOOKMARK', resourceVersion: String(revision), initialEventsEnd }
}

function refuseContradictions({ sendInitialEvents, resourceVersionMatch: match }: WatchOptions): void {
  const causes = []
  if (sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    const why = 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    causes.push(fieldForbidden('resourceVersionMatch', why))
  }
  if (sendInitialEvents === undefined && match !== undefined) {
    const why = 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'
    causes.push(fieldForbidden('resourceVersionMatch', why))
  }
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes)
}
