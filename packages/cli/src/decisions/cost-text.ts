// What replicas cost, as columns of the matrix of a decision. Pure.
import type { Verdict } from '@flotilla/api/resource-binding'

export interface CostColumn {
  readonly heading: string
  show(verdict: Verdict): string
}

const terms = ['price', 'latency', 'carbon', 'load', 'external'] as const

/** What a replica costs, and the terms of it that are known of any cluster or asked for; none without an objective. */
export function costColumns(verdicts: readonly Verdict[]): readonly CostColumn[] {
  if (verdicts.every(({ cost }) => cost === undefined)) return []
  const told = terms.filter((term) =>
    verdicts.some(({ costs }) => costs?.[term] !== undefined || costs?.unknown?.includes(term)),
  )
  return [
    { heading: 'COST', show: ({ cost }) => numberText(cost) },
    ...told.map((term) => ({
      heading: term.toUpperCase(),
      show: ({ costs }: Verdict) => (costs?.unknown?.includes(term) ? 'unknown' : numberText(costs?.[term])),
    })),
  ]
}

/** In which units costs are, and where prices are from; empty without an objective. */
export function pricesText(currency: string | undefined, verdicts: readonly Verdict[]): string {
  if (currency === undefined) return ''
  const priced = verdicts.filter(({ costs }) => costs?.price !== undefined)
  const sources = [...Map.groupBy(priced, ({ costs }) => costs?.priceSheet)].map(([sheet, some]) => {
    const names = some.slice(0, 3).map(({ name }) => name)
    const rest = some.length > 3 ? [`${some.length - 3} more`] : []
    return `${sheet === undefined ? 'default prices' : `PriceSheet ${sheet}`} for ${[...names, ...rest].join(', ')}`
  })
  const from = sources.length === 0 ? '' : `; ${sources.join('; ')}`
  return `Costs: ${currency} for one more replica an hour; latency in milliseconds, carbon in kilograms of CO2${from}`
}

/** To three digits. */
function numberText(value: number | undefined): string {
  return value === undefined ? '-' : String(Number(value.toPrecision(3)))
}
