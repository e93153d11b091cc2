// The rows that kube-server does not yet answer as kube-apiserver does. The list only shrinks: a row on it that
// comes to agree fails the test until it is taken off.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Expected } from './expected.ts'
import type { RowResult } from './run.ts'

const file = join(import.meta.dirname, 'gaps.json')

export function readGaps(): ReadonlySet<string> {
  return new Set(JSON.parse(readFileSync(file, 'utf8')) as readonly string[])
}

export function writeGaps(names: readonly string[]): void {
  writeFileSync(file, `[\n${names.map((name) => JSON.stringify(name)).join(',\n')}\n]\n`)
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
