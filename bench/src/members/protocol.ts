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

/** What plain members are told to do. */
export type Order = 'count'

export interface Answer {
  /** Changes that the hub has made on all members; renewals of Leases are none. */
  readonly writes: number
  readonly deployments: number
}
