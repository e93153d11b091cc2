// What a reconciler throws when it is no failure: the world is not ready, or only a person can help.

/** Something else must happen first: reconcile again after `requeueAfterMs`, or when a change comes. */
export class Waiting extends Error {
  override readonly name = 'Waiting'
  readonly requeueAfterMs: number

  /** `reason` says what is waited for. */
  constructor(reason: string, requeueAfterMs: number) {
    super(reason)
    this.requeueAfterMs = requeueAfterMs
  }
}

/** Trying again is of no use before something changes: reconciled again only by a change. */
export class Stalled extends Error {
  override readonly name = 'Stalled'
  /** CamelCase, for the condition. */
  readonly reason: string

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
