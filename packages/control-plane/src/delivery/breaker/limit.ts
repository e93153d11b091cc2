// How much may go within an hour: of the bindings of a policy, or of the hub, and of the copies that they have. Pure.

/** What a binding loses, within the hour. */
export interface Fall {
  /** Tells bindings apart. */
  readonly mark: string
  /** UID of its policy; undefined: it has none any more. */
  readonly policy: string | undefined
  /** With its template. */
  readonly isDeleted: boolean
  /** Clusters that lose something. */
  readonly copies: number
}

/** All that there was before anything went. */
export interface Whole {
  readonly bindings: number
  readonly copies: number
}

/** So many may always go, however few there are. */
export const freely = 20
const share = 0.1
/** However many there are: so much is remembered of an hour. */
const most = 10_000

/** How many of `all` may go within an hour. */
export function limitOf(all: number): number {
  return Math.max(freely, Math.min(Math.floor(all * share), most))
}

/**
 * What is too much, for people; undefined: nothing is. Bindings count once, however much they lose. Copies are counted of
 * bindings that stay: those of a template that people delete are one thing that they delete.
 */
export function excessOf(falls: readonly Fall[], whole: () => Whole): string | undefined {
  const bindings = new Set(falls.map(({ mark }) => mark)).size
  const copies = falls.reduce((sum, fall) => sum + (fall.isDeleted ? 0 : fall.copies), 0)
  if (bindings <= freely && copies <= freely) return undefined
  const all = whole()
  if (bindings > limitOf(all.bindings)) return tooMany(bindings, all.bindings, 'bindings would lose copies or go')
  if (copies > limitOf(all.copies)) return tooMany(copies, all.copies, 'copies would go')
  return undefined
}

function tooMany(count: number, all: number, what: string): string {
  return `${count} of ${all} ${what} within an hour, and ${limitOf(all)} may`
}
