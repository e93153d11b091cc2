// Where a row's answers differ from those of kube-apiserver.
import { isDeepStrictEqual } from 'node:util'
import type { Expected } from './expected.ts'
import type { RowResult } from './run.ts'

/** What a row should have given and what it gave; undefined when they agree. */
export function differenceOf(result: RowResult, expected: Expected | undefined): object | undefined {
  const wanted = expected?.answers
  if (result.failure === undefined && isDeepStrictEqual(result.answers, wanted)) return undefined
  const steps = result.answers.flatMap((given, index) =>
    isDeepStrictEqual(given, wanted?.[index]) ? [] : [{ step: index + 1, wanted: wanted?.[index], given }],
  )
  return { name: result.name, ...(result.failure === undefined ? {} : { failure: result.failure }), steps }
}
