// The rows that kube-server does not answer as kube-apiserver does, each with the reason. The list only shrinks: a row
// on it that comes to agree fails the test until it is taken off.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Expected } from './expected.ts'
import type { RowResult } from './run.ts'

const file = join(import.meta.dirname, 'gaps.json')

/** Reasons by the names of rows. */
export type Gaps = ReadonlyMap<string, string>

export function readGaps(): Gaps {
  return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, string>>))
}

/** Keeps the reasons of rows that still differ; new ones wait for theirs, which the test demands. */
export function writeGaps(names: readonly string[], known: Gaps): void {
  const reasons = names.map((name) => [name, known.get(name) ?? ''] as const)
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(reasons), null, 2)}\n`)
}

/** What a row should have given and what it gave; undefined when they agree. */
export function differenceOf(result: RowResult, expected: Expected | undefined): object | undefined {
  const wanted = expected?.answers
  if (result.failure === undefined && isDeepStrictEqual(result.answers, wanted)) return undefined
  const steps = result.answers.flatMap((given, index) =>
    isDeepStrictEqual(given, wanted?.[index]) ? [] : [{ step: index + 1, wanted: wanted?.[index], given }],
  )
  return { name: result.name, ...(result.failure === undefined ? {} : { failure: result.failure }), steps }
}
