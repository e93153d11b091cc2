// What is known of costs where nobody has written a sheet.
import type { CostBook } from './book.ts'

export const defaultCostBook: CostBook = {
  currency: 'USD',
  prices: [],
  pricedResources: new Set(),
  hasEgressPrice: false,
  carbon: [],
  traffic: [],
  validUntil: Number.POSITIVE_INFINITY,
}
