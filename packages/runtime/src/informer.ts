// Keeps a projected copy of one resource in step with its API server: list, watch, resume, relist on 410.
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import type { Env } from './env.ts'
import type { Source } from './source.ts'

export interface InformerOptions<Row> {
  readonly env: Env
  readonly api: KubeApi
  readonly resource: Resource
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  /** What is kept of an object; without it the object itself, its managedFields dropped. */
  readonly project?: (object: KubeObject) => Row
  /** Named functions from a row to the values under which `byIndex` finds it. */
  readonly indexes?: Readonly<Record<string, (row: Row) => readonly string[]>>
  readonly pageSize?: number
  /** A watch that says nothing (no event, no bookmark) for so long is opened anew. Default 5 min. */
  readonly idleDeadlineMs?: number
}

/** Complete: everything was seen once and the watch is live or resuming. Failed: the last read failed. */
export type ReadState = 'Partial' | 'Complete' | 'Failed'

export interface Informer<Row> extends Source<Row>, AsyncDisposable {
  start(): void
  stop(): Promise<void>
  /** By `keyOf`: `namespace/name` or `name`. */
  get(key: string): Row | undefined
  list(): Iterable<Row>
  byIndex(index: string, value: string): readonly Row[]
  readonly size: number
  readonly state: ReadState
  readonly lastError: unknown
  /** `env.clock.now()` of the last event, bookmark or list. */
  readonly lastSeen: number | undefined
}

export type CreateInformer = <Row = KubeObject>(options: InformerOptions<Row>) => Informer<Row>
