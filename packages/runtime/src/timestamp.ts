// Times as the API writes them.

/** `2026-01-31T12:00:00Z` from milliseconds since 1970. */
export function timestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** `2026-01-31T12:00:00.123000Z`: MicroTime, as Leases use it. */
export function microTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`
}
