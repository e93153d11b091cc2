// What a process of members says to the benchmark.

/** Once it serves. */
export interface Endpoints {
  readonly ports: readonly number[]
  /** Identities of the members; a process that does not tell is asked through their APIs. */
  readonly ids?: readonly string[]
  /** PEM, of who signed the certificate that all of them serve with. */
  readonly ca: string
}

/** An administrator's, on each of them. */
export const token = 'bench'

/** A Deployment has been accepted by every server. Fake servers only. */
export interface Accepted {
  readonly name: string
  /** By `now()` of the last one. */
  readonly at: number
}

/** What plain members are told to do; each is answered under its `id`. */
export type Order =
  | { readonly kind: 'count' }
  | ({ readonly kind: 'churn' } & Churn)
  | ({ readonly kind: 'set' } & SetReady)
  | { readonly kind: 'ready' }

/** Of one Deployment on the member of that number: so many replicas are ready. */
export interface SetReady {
  readonly member: number
  readonly name: string
  readonly ready: number
}

/** Changes of status, spread over all members and their Deployments in turn. */
export interface Churn {
  readonly perSecond: number
  readonly seconds: number
  /** Changes a second that the first member makes besides. */
  readonly noise: number
  /** Deployments whose names begin so are left alone. */
  readonly except: string
}

export interface Answers {
  readonly count: {
    /** Changes that the hub has made on all members; renewals of Leases are none. */
    readonly writes: number
    readonly deployments: number
  }
  /** As many as were asked for, or what the process could do. */
  readonly churn: { readonly sent: number; readonly seconds: number }
  /** `now()` of the change. */
  readonly set: { readonly at: number }
  /** Ready replicas by name of the Deployment and number of the member. */
  readonly ready: Readonly<Record<string, Readonly<Record<string, number>>>>
}

/** Simulated members, by their numbers, are to be reached no more, or again. */
export interface Presence {
  readonly members: readonly number[]
  readonly isAway: boolean
}

export interface PresenceAnswer {
  /** `now()` when it was so. */
  readonly at: number
}

export interface Numbered<T> {
  readonly id: number
  readonly body: T
}
