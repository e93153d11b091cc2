// How long failover waits before it goes by what it sees.
export interface FailoverOptions {
  /** Nothing moves by itself so soon after a start: whom we can reach has to show first. Milliseconds. */
  readonly settleMs: number
  /** A cluster has to be Healthy for so long before it has anything back by itself. Milliseconds. */
  readonly steadyMs: number
}

export const defaultFailoverOptions: FailoverOptions = { settleMs: 60_000, steadyMs: 1_800_000 }
