// What a process of members says to the benchmark.

/** Once it serves. */
export interface Endpoints {
  readonly ports: readonly number[]
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
