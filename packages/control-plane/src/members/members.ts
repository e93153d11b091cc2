// All members: a session for each registered cluster, opened and closed as its registration and Secret change.
import type { Cluster } from '@flotilla/api/cluster'
import { systemNamespace } from '@flotilla/api/group'
import { deepEqual } from '@flotilla/machinery/json'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import type { Connect } from '../connect.ts'
import type { Fences } from '../fences.ts'
import type { Hub } from '../hub.ts'
import { refusalOf } from '../refused-registration.ts'
import { MemberSession } from './member-session.ts'
import { SchemaLibrary } from './schema-library.ts'

export interface MembersOptions {
  readonly env: Env
  readonly hub: Hub
  readonly connect: Connect
  /** Asked before every write. None: every member may be written to. */
  readonly fences?: Fences | undefined
  /** Requests per second and member; default 1,000. */
  readonly requestRate?: number | undefined
}

interface Entry {
  readonly session: MemberSession
  /** What the session was made of: when it changes, another is made. */
  readonly recipe: Recipe
}

interface Recipe {
  /** Of the Cluster: registered anew, it is met anew. */
  readonly uid: string | undefined
  readonly id: string
  readonly endpoint: string | undefined
  readonly mode: string | undefined
  readonly credentials: unknown
}

export type SessionListener = (session: MemberSession, isOpen: boolean) => void

export class Members implements AsyncDisposable {
  readonly #options: MembersOptions
  readonly #library = new SchemaLibrary()
  readonly #entries = new Map<string, Entry>()
  readonly #listeners = new Set<SessionListener>()
  readonly #closing = new Set<Promise<void>>()
  readonly #unwatch: (() => void)[] = []

  constructor(options: MembersOptions) {
    this.#options = options
  }

  /** Opens sessions from now on; the hub's informers may still be reading. */
  start(): void {
    const { hub } = this.#options
    this.#unwatch.push(
      hub.clusters.onChange(({ before, after }) => this.#refreshIdentity(before, after)),
      hub.credentials.onChange(({ key }) => this.#refreshUsers(key)),
    )
  }

  get(cluster: string): MemberSession | undefined {
    return this.#entries.get(cluster)?.session
  }

  /** The session of the member of that identity. */
  withId(id: string): MemberSession | undefined {
    const clusters = this.#options.hub.clusters.byIndex('id', id)
    return clusters.map(({ metadata }) => this.get(metadata.name)).find((session) => session?.id === id)
  }

  /** True while our claim on the member holds. */
  mayWrite(cluster: string): boolean {
    return this.#options.fences?.mayWrite(cluster) ?? true
  }

  /** Calls `listener` for each session that is opened or closed, and at once for those open. Returns the way out. */
  onSession(listener: SessionListener): () => void {
    this.#listeners.add(listener)
    for (const { session } of this.#entries.values()) listener(session, true)
    return () => this.#listeners.delete(listener)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const unwatch of this.#unwatch) unwatch()
    for (const name of this.#entries.keys()) this.#close(name)
    await Promise.all(this.#closing)
  }

  /** `secret`: key of a Secret of `flotilla-system`. */
  #refreshUsers(secret: string): void {
    const users = this.#options.hub.clusters.byIndex('secret', secret.slice(secret.indexOf('/') + 1))
    for (const { metadata } of users) this.#refresh(metadata.name)
  }

  /** Whether one registration of a cluster counts depends on the others of it. */
  #refreshIdentity(before: Cluster | undefined, after: Cluster | undefined): void {
    const { clusters } = this.#options.hub
    const ids = new Set([before, after].flatMap((cluster) => cluster?.spec.id ?? []))
    const others = [...ids].flatMap((id) => clusters.byIndex('id', id)).map(({ metadata }) => metadata.name)
    const names = new Set([before?.metadata.name ?? after?.metadata.name ?? '', ...others])
    for (const name of names) this.#refresh(name)
  }

  #refresh(name: string): void {
    const { hub } = this.#options
    const cluster = hub.clusters.get(name)
    if (!cluster || refusalOf(hub, cluster)) return this.#close(name)
    const secretKey = secretKeyOf(cluster)
    const credentials = secretKey === undefined ? undefined : hub.credentials.get(secretKey)
    if (secretKey !== undefined && !credentials) return
    const recipe = recipeOf(cluster, credentials)
    if (deepEqual(this.#entries.get(name)?.recipe, recipe)) return
    this.#close(name)
    this.#open(cluster, credentials, recipe)
  }

  #open(cluster: Cluster, credentials: KubeObject | undefined, recipe: Recipe): void {
    const { env, hub, connect, requestRate } = this.#options
    const { id: hubId, interpreters } = hub
    try {
      const connection = connect(cluster, credentials, 'sync')
      const library = this.#library
      const session = new MemberSession({ env, hubId, cluster, connection, library, interpreters, requestRate })
      this.#entries.set(cluster.metadata.name, { session, recipe })
      for (const listener of this.#listeners) listener(session, true)
    } catch (error) {
      env.log.warn({ cluster: cluster.metadata.name, err: error }, 'Cannot connect to a member')
    }
  }

  #close(name: string): void {
    const session = this.#entries.get(name)?.session
    if (!session) return
    this.#entries.delete(name)
    for (const listener of this.#listeners) listener(session, false)
    const closing = session.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }
}

function secretKeyOf({ spec }: Cluster): string | undefined {
  return spec.secretRef && keyOf({ namespace: systemNamespace, name: spec.secretRef.name })
}

function recipeOf({ metadata, spec }: Cluster, credentials: KubeObject | undefined): Recipe {
  return {
    uid: metadata.uid,
    id: spec.id,
    endpoint: spec.apiEndpoint,
    mode: spec.mode,
    credentials: credentials?.['data'],
  }
}
