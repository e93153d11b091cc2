import type { Verdict } from '@flotilla/api/resource-binding'
import { expect, test } from 'vitest'
import { costColumns, pricesText } from './cost-text.ts'

const verdicts: readonly Verdict[] = [
  { name: 'eu', verdict: 'Chosen', cost: 0.0512345, costs: { price: 0.05, priceSheet: 'list', latency: 12.345 } },
  { name: 'us', verdict: 'Feasible', cost: 0.07, costs: { price: 0.07, unknown: ['latency'] } },
]

test('costColumns() show cost and the terms that are told, and what is not known', () => {
  const columns = costColumns(verdicts)
  expect(columns.map(({ heading }) => heading)).toEqual(['COST', 'PRICE', 'LATENCY'])
  expect(verdicts.map((verdict) => columns.map(({ show }) => show(verdict)))).toEqual([
    ['0.0512', '0.05', '12.3'],
    ['0.07', '0.07', 'unknown'],
  ])
})

test('costColumns() are none without an objective', () => {
  expect(costColumns([{ name: 'eu', verdict: 'Chosen' }])).toEqual([])
})

test('pricesText() says the currency, and where prices are from', () => {
  expect(pricesText('EUR', verdicts)).toBe(
    'Costs: EUR for one more replica an hour; latency in milliseconds, carbon in kilograms of CO2; PriceSheet list for eu; default prices for us',
  )
  expect(pricesText(undefined, verdicts)).toBe('')
})
