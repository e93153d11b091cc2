// The answers of the real kube-apiserver as they are kept in `expected.json`: rows by name, one line each.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Answer } from './normalise.ts'
import type { Row } from './row.ts'
import type { RowResult } from './run.ts'

export interface Expected {
  /** Of the row's steps when they were recorded. */
  readonly hash: string
  readonly answers: readonly Answer[]
}

const file = join(import.meta.dirname, 'expected.json')

export function readExpected(): ReadonlyMap<string, Expected> {
  if (!existsSync(file)) return new Map()
  return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, Expected>>))
}

export function writeExpected(rows: readonly Row[], results: readonly RowResult[]): void {
  const answers = new Map(results.map((result) => [result.name, result.answers]))
  const lines = rows.map((row) => {
    const entry: Expected = { hash: hashOf(row), answers: answers.get(row.name) ?? [] }
    return `${JSON.stringify(row.name)}:${JSON.stringify(entry)}`
  })
  writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`)
}

/** Tells whether a row is still the one that was recorded. */
export function hashOf(row: Row): string {
  return createHash('sha256').update(JSON.stringify(row)).digest('hex').slice(0, 12)
}
