// Which sheets count at a moment: those that have begun, have not ended, and agree on the currency.
import type { KubeObject } from '@flotilla/machinery/object'
import { compareText } from '../snapshot.ts'

export interface Dated {
  readonly spec: { readonly validFrom?: string; readonly validUntil?: string; readonly currency?: string }
}

export interface Standing {
  readonly inForce: boolean
  /** One CamelCase word. */
  readonly reason: string
  readonly message: string
}

export interface Standings<Sheet> {
  /** Of the oldest sheet that has begun and not ended; USD where there is none. */
  readonly currency: string
  readonly standings: ReadonlyMap<Sheet, Standing>
}

/** The oldest decides the currency, so that a sheet which is added never puts those that are there out of force. */
export function judgeSheets<Sheet extends KubeObject & Dated>(sheets: readonly Sheet[], now: number): Standings<Sheet> {
  const oldest = sheets.filter((sheet) => outOfTime(sheet, now) === undefined).toSorted(byAge)[0]
  const currency = currencyOf(oldest)
  return {
    currency,
    standings: new Map(
      sheets.map((sheet) => [sheet, outOfTime(sheet, now) ?? otherCurrency(sheet, oldest) ?? isInForce]),
    ),
  }
}

/** Milliseconds since 1970 at which the next of the sheets begins or ends; Infinity: none does. */
export function nextBoundary(sheets: readonly Dated[], now: number): number {
  const times = sheets.flatMap(({ spec: { validFrom, validUntil } }) => [validFrom, validUntil])
  return times.reduce((next, time) => {
    const at = time === undefined ? Number.NaN : Date.parse(time)
    return at > now && at < next ? at : next
  }, Number.POSITIVE_INFINITY)
}

const isInForce: Standing = { inForce: true, reason: 'InForce', message: '' }

function outOfTime({ spec: { validFrom, validUntil } }: Dated, now: number): Standing | undefined {
  if (validFrom !== undefined && now < Date.parse(validFrom)) {
    return { inForce: false, reason: 'NotYetValid', message: `it begins at ${validFrom}` }
  }
  if (validUntil !== undefined && now >= Date.parse(validUntil)) {
    return { inForce: false, reason: 'Expired', message: `it ended at ${validUntil}` }
  }
  return undefined
}

function otherCurrency<Sheet extends KubeObject & Dated>(sheet: Sheet, oldest: Sheet | undefined) {
  const [own, common] = [currencyOf(sheet), currencyOf(oldest)]
  if (oldest === undefined || own === common) return undefined
  const message = `it is in ${own} and ${oldest.metadata.name}, which is in force, in ${common}: sheets that are in force together have one currency`
  return { inForce: false, reason: 'OtherCurrency', message }
}

function currencyOf(sheet: Dated | undefined): string {
  return sheet?.spec.currency ?? 'USD'
}

function byAge(one: KubeObject, other: KubeObject): number {
  const [left, right] = [one.metadata, other.metadata]
  return compareText(left.creationTimestamp ?? '', right.creationTimestamp ?? '') || compareText(left.name, right.name)
}
