// What a row of the contract is: requests that are sent one after the other to any API server, and how to write them.

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'

/**
 * One request. In `path`, `headers` and `body`, `{ns}` is the row's own namespace and `{2.metadata.uid}` what the
 * answer to the row's second step holds there.
 */
export interface Step {
  readonly method: Method
  /** With query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  /** A string is sent as it is. */
  readonly body?: unknown
  /** One of `users.ts`; the administrator unless told. */
  readonly as?: string
  /** Only the code of the answer is compared: the step prepares what others test. */
  readonly quiet?: boolean
  /** Sent again until the answer has this code, or holds `equals` at `path`; only the last answer counts. */
  readonly until?: { readonly code: number } | { readonly path: string; readonly equals: unknown }
}

export interface Row {
  /** Unique. */
  readonly name: string
  readonly steps: readonly Step[]
  /** `metadata.managedFields` is compared as well. */
  readonly managedFields?: boolean
  /** Runs before all others, while the server holds nothing else. */
  readonly first?: boolean
}

type More = Omit<Partial<Step>, 'method' | 'path' | 'body'>

export function row(name: string, ...steps: readonly Step[]): Row {
  return { name, steps }
}

/** A row whose managed fields count. */
export function managedRow(name: string, ...steps: readonly Step[]): Row {
  return { name, steps, managedFields: true }
}

export function get(path: string, more: More = {}): Step {
  return { method: 'GET', path, ...more }
}

export function post(path: string, body: unknown, more: More = {}): Step {
  return { method: 'POST', path, body, ...more }
}

export function put(path: string, body: unknown, more: More = {}): Step {
  return { method: 'PUT', path, body, ...more }
}

export function remove(path: string, body?: unknown, more: More = {}): Step {
  return { method: 'DELETE', path, ...(body === undefined ? {} : { body }), ...more }
}

const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

export function patch(type: keyof typeof patchTypes, path: string, body: unknown, more: More = {}): Step {
  const headers = { 'content-type': patchTypes[type], ...more.headers }
  return { method: 'PATCH', path, body, ...more, headers }
}

/** Server-side apply of `body` by `manager`. */
export function apply(path: string, body: unknown, manager: string, force = false): Step {
  return patch('apply', `${path}?fieldManager=${manager}${force ? '&force=true' : ''}`, body)
}

/** Only the code of the answer is compared. */
export function quietly(step: Step): Step {
  return { ...step, quiet: true }
}
