// A watch as a stream of JSON frames. Frames are written once for all watchers of the same form.
import type { WatchEvent, WatchOptions } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { emptyObject } from '@flotilla/machinery/empty-object'
import { apiVersionOf } from '@flotilla/machinery/resource'
import { isError, toStatus } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import type { Operations } from '../operations.ts'
import type { ServedResource } from '../served-resource.ts'
import { partialOf } from '../table/partial.ts'
import { tableOf } from '../table/table.ts'
import type { Exchange } from './exchange.ts'
import { createFrameWriter } from './frame-writer.ts'
import type { Shape } from './resource-answers.ts'
import { startHeaders } from './respond.ts'

const minTimeoutSeconds = 1800
const framesKept = 8192

interface WatchDeps {
  readonly env: Env
  readonly operations: Operations
}

/** Answers with the stream and ends when it does. Throws what the watch refuses before its first event. */
export async function streamWatch(
  deps: WatchDeps,
  exchange: Exchange,
  resource: ServedResource,
  options: WatchOptions,
  shape: Shape,
): Promise<void> {
  const { env } = deps
  const seconds = options.timeoutSeconds ?? Math.trunc(minTimeoutSeconds * (1 + env.random()))
  const ended = new AbortController()
  const timer = env.timers.after(seconds * 1000, () => ended.abort())
  const signal = AbortSignal.any([exchange.signal, ended.signal])
  try {
    const events = deps.operations.watch(exchange.context, resource, { ...options, signal })[Symbol.asyncIterator]()
    const first = events.next()
    await Promise.race([first.catch(rethrowUnlessExpired), env.timers.yield()])
    startHeaders(exchange, 'application/json')
    exchange.answer.writeHead(200)
    exchange.answer.flushHeaders?.()
    await pump(env, exchange, first, events, frameWriter(resource, shape, env))
  } finally {
    timer.cancel()
    ended.abort()
  }
}

/** 410 is told inside of the stream, as upstream's watch cache does. */
function rethrowUnlessExpired(error: unknown): void {
  if (!isError(error, 'Expired')) throw error
}

async function pump(
  env: Env,
  { answer, signal }: Exchange,
  first: Promise<IteratorResult<WatchEvent>>,
  events: AsyncIterator<WatchEvent>,
  frameOf: (event: WatchEvent) => string,
): Promise<void> {
  const out = createFrameWriter(env, answer, signal)
  try {
    for (let step = await first; step.done !== true && !signal.aborted; step = await events.next()) {
      out.write(frameOf(step.value))
      if (out.isBlocked() && !(await out.drained())) return
    }
  } catch (error) {
    if (signal.aborted) return
    if (!isError(error)) env.log.error({ err: error }, 'watch failed')
    out.write(`${JSON.stringify({ type: 'ERROR', object: toStatus(error) })}\n`)
  } finally {
    await events.return?.()
  }
  out.end()
}

let frames = new WeakMap<KubeObject, Map<string, string>>()
let framesHeld = 0

/** Only frames of plain objects and of metadata are shared: a table's ages depend on the moment. */
function frameWriter(resource: ServedResource, shape: Shape, env: Env): (event: WatchEvent) => string {
  const { as, asVersion } = shape.format
  if (as === 'Table') return tableFrames(resource, shape, env)
  const form = as === undefined ? 'object' : `partial/${asVersion}`
  return (event) => {
    if (event.type === 'BOOKMARK') return frame('BOOKMARK', formOf(bookmarkObject(resource, event), shape))
    return sharedFrame(event.object, `${event.type}/${form}`, () => frame(event.type, formOf(event.object, shape)))
  }
}

function sharedFrame(object: KubeObject, key: string, write: () => string): string {
  const known = frames.get(object)
  const text = known?.get(key)
  if (text !== undefined) return text
  if (++framesHeld > framesKept) {
    frames = new WeakMap()
    framesHeld = 0
  }
  const written = write()
  if (known === undefined) frames.set(object, new Map([[key, written]]))
  else known.set(key, written)
  return written
}

function tableFrames(resource: ServedResource, shape: Shape, env: Env): (event: WatchEvent) => string {
  let withoutColumns = false
  return (event) => {
    const object = event.type === 'BOOKMARK' ? bookmarkObject(resource, event) : event.object
    const options = { include: shape.include, version: shape.format.asVersion, now: env.clock.now(), withoutColumns }
    const { resourceVersion } = object.metadata
    withoutColumns = true
    return frame(event.type, tableOf(resource, [object], { ...options, resourceVersion }))
  }
}

function formOf(object: KubeObject, { format }: Shape): unknown {
  return format.as === undefined ? object : partialOf(object, format.asVersion)
}

function bookmarkObject(resource: ServedResource, event: Extract<WatchEvent, { type: 'BOOKMARK' }>): KubeObject {
  const annotations = event.initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}
  const metadata = { resourceVersion: event.resourceVersion, ...annotations } as unknown as KubeObject['metadata']
  const empty = resource.isCustom ? {} : withZeroReplicas(resource, emptyObject(resource.schema))
  return { kind: resource.kind, apiVersion: apiVersionOf(resource), ...empty, metadata }
}

/** A pointer that upstream's conversion of an empty object fills in. */
function withZeroReplicas({ group, kind }: ServedResource, empty: object): object {
  const { spec } = empty as { spec?: object }
  const hasReplicas = group === 'apps' && (kind === 'Deployment' || kind === 'ReplicaSet' || kind === 'StatefulSet')
  return hasReplicas ? { ...empty, spec: { replicas: 0, ...spec } } : empty
}

function frame(type: string, object: unknown): string {
  return `{"type":"${type}","object":${JSON.stringify(object)}}\n`
}
