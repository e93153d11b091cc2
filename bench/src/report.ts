// What a benchmark found, as a table for people and as data.
import { cpus, loadavg, release, totalmem } from 'node:os'
import { median, quantile, variation } from './stats.ts'

export interface Row {
  readonly measure: string
  readonly value: number
  readonly unit: string
  readonly least?: number
  readonly most?: number
  readonly samples?: number
  /** What the value shall not exceed. */
  readonly bar?: number
}

export interface Report {
  readonly rows: readonly Row[]
  /** Why the run proves nothing: its reference varied too much, or it was cut short. */
  readonly invalid?: readonly string[]
  readonly notes?: readonly string[]
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
  /** Processes that wanted to run, on average over the minute before. */
  readonly load: number
}

export function thisMachine(): Machine {
  const all = cpus()
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.versions.node,
    load: loadavg()[0] ?? 0,
  }
}

/** The row of one statistic of `samples`: `q` 0.5 is their median. */
export function rowOf(measure: string, unit: string, samples: readonly number[], q = 0.5, bar?: number): Row {
  return {
    measure: `${measure}, ${q === 0.5 ? 'median' : `p${Math.round(q * 100)}`}`,
    value: q === 0.5 ? median(samples) : quantile(samples, q),
    unit,
    least: Math.min(...samples),
    most: Math.max(...samples),
    samples: samples.length,
    ...(bar === undefined ? {} : { bar }),
  }
}

export function oneRow(measure: string, unit: string, value: number, bar?: number): Row {
  return { measure, value, unit, ...(bar === undefined ? {} : { bar }) }
}

/** How much a reference may vary by itself before nothing can be said by it. */
export const variationLimit = { cpu: 0.15, io: 0.3 } as const

/** The row of a reference's own variation, and the complaint when it is past `limit`. */
export function referenceRow(
  samples: readonly number[],
  limit: number,
): { readonly row: Row; readonly invalid: readonly string[] } {
  const value = variation(samples)
  const isTooMuch = !(value <= limit)
  const why = `the reference varied by ${percent(value)}, past ${percent(limit)}: the machine was not quiet enough`
  return {
    row: { measure: 'variation of the reference (quartiles)', value: value * 100, unit: '%', samples: samples.length },
    invalid: isTooMuch ? [why] : [],
  }
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

export function formatReport(name: string, report: Report, machine: Machine): string {
  const lines = report.rows.map(cellsOf)
  const all = [['measure', 'value', 'range', 'samples', 'bar', ''], ...lines]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((cells) => cells[column]?.length ?? 0))) ?? []
  const table = all.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const { cores, cpu, memoryGiB, node, load } = machine
  const header = `${name} on ${cores} × ${cpu}, ${memoryGiB} GiB, Node ${node}, load ${load.toFixed(1)} at the start`
  const ends = [...(report.notes ?? []), ...(report.invalid ?? []).map((why) => `INVALID: ${why}`)]
  return [header, '', ...table, ...(ends.length > 0 ? ['', ...ends] : []), ''].join('\n')
}

function cellsOf({ measure, value, unit, least, most, samples, bar }: Row): string[] {
  const range = least === undefined || most === undefined ? '' : `${number(least)}–${number(most)}`
  const verdict = bar === undefined ? '' : value <= bar ? 'met' : 'MISSED'
  const limit = bar === undefined ? '' : `≤ ${number(bar)}`
  return [measure, `${number(value)} ${unit}`, range, samples === undefined ? '' : String(samples), limit, verdict]
}

function number(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toFixed(digits)
}
