// Where the next page of a list begins, and the revision that the whole list is of.
import { badRequest } from './refusals.ts'

export interface Continuation {
  readonly revision: number
  /** The last key of the page before, without the prefix of the list. */
  readonly after: string
}

export function encodeContinuation({ revision, after }: Continuation): string {
  return btoa(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).replaceAll('=', '')
}

export function decodeContinuation(token: string): Continuation {
  const text = decoded(token)
  const parsed = parse(text)
  if (parsed === undefined) {
    const found = JSON.stringify(text.slice(0, 1)).replaceAll('"', "'")
    throw badRequest(
      `invalid continue token: continue key is not valid: invalid character ${found} looking for beginning of value`,
    )
  }
  if (typeof parsed.rv !== 'number' || typeof parsed.start !== 'string' || parsed.v !== 'meta.k8s.io/v1') {
    throw badRequest(
      'invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    )
  }
  return { revision: parsed.rv, after: parsed.start }
}

function decoded(token: string): string {
  try {
    return atob(token)
  } catch {
    return ''
  }
}

function parse(text: string): { v?: unknown; rv?: unknown; start?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
