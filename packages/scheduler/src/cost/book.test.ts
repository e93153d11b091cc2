import { describe, expect, test } from 'vitest'
import { aBook, aCarbonSheet, aPrice, aPriceSheet } from './fixtures.ts'
import { judgeSheets } from './in-force.ts'

const at = (text: string) => Date.parse(text)
const january = '2026-01-01T00:00:00Z'
const february = '2026-02-01T00:00:00Z'
const march = '2026-03-01T00:00:00Z'

describe('compileCostBook()', () => {
  test('leaves out what has not begun and what has ended', () => {
    const priceSheets = [
      aPriceSheet('old', [aPrice(undefined, 1)], { validUntil: february }),
      aPriceSheet('new', [aPrice(undefined, 2)], { validFrom: march }),
    ]
    const pricesAt = (time: string) => aBook({ priceSheets }, at(time)).prices.map(({ sheet }) => sheet)
    expect(pricesAt(january)).toEqual(['old'])
    expect(pricesAt(february)).toEqual([])
    expect(pricesAt(march)).toEqual(['new'])
  })

  test('says when it has to be made anew', () => {
    const sources = {
      priceSheets: [aPriceSheet('a', [aPrice(undefined, 1)], { validFrom: january, validUntil: march })],
      carbonSheets: [aCarbonSheet('b', [{ targetCluster: {}, gramsPerKilowattHour: 1 }], { validUntil: february })],
    }
    expect(aBook(sources, 0).validUntil).toBe(at(january))
    expect(aBook(sources, at(january)).validUntil).toBe(at(february))
    expect(aBook(sources, at(february)).validUntil).toBe(at(march))
    expect(aBook(sources, at(march)).validUntil).toBe(Infinity)
  })

  test('puts the sheet that began last first, of equals the first by name', () => {
    const priceSheets = [
      aPriceSheet('b', [aPrice(undefined, 1)]),
      aPriceSheet('a', [aPrice(undefined, 1)]),
      aPriceSheet('z', [aPrice(undefined, 1)], { validFrom: january }),
    ]
    expect(aBook({ priceSheets }, at(february)).prices.map(({ sheet }) => sheet)).toEqual(['z', 'a', 'b'])
  })

  test('has one currency: that of the oldest sheet', () => {
    const priceSheets = [
      aPriceSheet('a', [aPrice(undefined, 1)], { currency: 'EUR' }, february),
      aPriceSheet('b', [aPrice(undefined, 2)], { currency: 'CHF' }, january),
    ]
    const book = aBook({ priceSheets })
    expect(book.currency).toBe('CHF')
    expect(book.prices.map(({ sheet }) => sheet)).toEqual(['b'])
  })
})

describe('judgeSheets()', () => {
  test('names both sheets and both currencies where they differ', () => {
    const [euro, franc] = [
      aPriceSheet('a', [], { currency: 'EUR' }, february),
      aPriceSheet('b', [], { currency: 'CHF' }, january),
    ]
    const { standings } = judgeSheets([euro, franc], 0)
    expect(standings.get(franc)).toMatchObject({ inForce: true })
    expect(standings.get(euro)).toEqual({
      inForce: false,
      reason: 'OtherCurrency',
      message: 'it is in EUR and b, which is in force, in CHF: sheets that are in force together have one currency',
    })
  })

  test('does not ask a sheet that has ended for its currency', () => {
    const sheets = [
      aPriceSheet('a', [], { currency: 'EUR', validUntil: january }, january),
      aPriceSheet('b', [], { currency: 'CHF' }, february),
    ]
    const { currency, standings } = judgeSheets(sheets, at(march))
    expect(currency).toBe('CHF')
    expect([...standings.values()].map(({ reason }) => reason)).toEqual(['Expired', 'InForce'])
  })
})
