// Takes out of answers what differs from one server or run to the next, and keeps what must not: identity of uids and
// that a resource version changed or did not.

export interface Answer {
  readonly code: number
  /** Content type; absent for application/json. */
  readonly type?: string
  readonly warning?: string
  readonly allow?: string
  /** Parsed JSON, a list of watch events, or text. */
  readonly body?: unknown
}

export interface RawAnswer {
  readonly code: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

type Json = { readonly [key: string]: unknown }

/** Remembers over the steps of one row. */
export class Normaliser {
  readonly #namespace: string
  readonly #keepsManagedFields: boolean
  readonly #uids = new Map<string, string>()
  readonly #versions = new Map<string, string>()

  constructor(namespace: string, keepsManagedFields: boolean) {
    this.#namespace = namespace
    this.#keepsManagedFields = keepsManagedFields
  }

  answer(raw: RawAnswer): Answer {
    const type = header(raw, 'content-type')
    const warning = header(raw, 'warning')
    const allow = header(raw, 'allow')
    return {
      code: raw.code,
      ...(type === 'application/json' ? {} : { type }),
      ...(warning === '' ? {} : { warning: this.#text(warning) }),
      ...(allow === '' ? {} : { allow }),
      body: this.#value(parseBody(raw.body, type), []),
    }
  }

  #value(value: unknown, path: readonly string[]): unknown {
    if (Array.isArray(value)) return value.filter(isNoBookmark).map((item) => this.#value(item, [...path, '[]']))
    if (typeof value === 'object' && value !== null) return this.#object(value as Json, path)
    return this.#leaf(value, path)
  }

  #object(object: Json, path: readonly string[]): unknown {
    const out: Record<string, unknown> = {}
    for (const [key, value] of Object.entries(object)) {
      if (key === 'managedFields' && path.at(-1) === 'metadata' && !this.#keepsManagedFields) continue
      // A column's description is prose, and not ours to keep.
      if (key === 'description' && path.at(-2) === 'columnDefinitions') continue
      const hidden = key === 'metadata' && countsEveryWrite(object) ? withoutVersion(value as Json) : value
      out[key] = this.#value(hidden, [...path, key])
    }
    if (Array.isArray(out['causes'])) out['causes'] = inOrder(out['causes'])
    // Sorted by their times first: whether two fall into one second differs from run to run.
    if (Array.isArray(out['managedFields'])) out['managedFields'] = byManager(out['managedFields'])
    if (object['kind'] === 'Status' && 'message' in object) out['message'] = withoutList(out['message'])
    if (typeof out['message'] === 'string') out['message'] = withoutGoDifference(out['message'])
    const { generateName, name } = object
    if (typeof generateName === 'string' && typeof name === 'string') out['name'] = generatedName(generateName, name)
    return out
  }

  #leaf(value: unknown, path: readonly string[]): unknown {
    const key = path.at(-1) ?? ''
    if (typeof value === 'number' && /nodePort$/i.test(key)) return value >= 30000 ? '<node port>' : value
    if (typeof value !== 'string') return value
    if (key === 'uid' && uuid.test(value)) return number(this.#uids, value, 'uid')
    if (key === 'resourceVersion' && path.at(-2) === 'metadata') return number(this.#versions, value, 'version')
    if (key === 'serverAddress') return '<address>'
    if (key === 'continue' && value !== '') return '<continue>'
    if (/^(clusterIPs?|\[\])$/.test(key) && /^10\.\d+\.\d+\.\d+$/.test(value)) return '<ip>'
    if (path.at(-2) === 'cells' && /^(\d+[ywdhms])+$/.test(value)) return '<age>'
    return this.#text(value)
  }

  #text(text: string): string {
    let out = text.replaceAll(this.#namespace, '<ns>')
    for (const [uid, name] of this.#uids) out = out.replaceAll(uid, name)
    return out
      .replaceAll(anyUuid, '<some uid>')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z/g, '<microtime>')
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>')
      .replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<token>')
      .replaceAll(/(resource ?version( in record)?\W*)\d+(, current: \d+)?/gi, '$1<number>')
      .replaceAll(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-<random>')
  }
}

/** Go visits maps in any order, and so lists the causes that it finds in them. */
function inOrder(causes: readonly unknown[]): readonly unknown[] {
  return causes.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

/** Their order is that of the seconds in which they were written. */
function byManager(entries: readonly unknown[]): readonly unknown[] {
  const nameOf = (entry: unknown) => {
    const { manager, operation, subresource } = entry as Json
    return JSON.stringify([operation, manager, subresource])
  }
  return entries.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

/** A message's list of causes is in the causes as well. */
function withoutList(message: unknown): unknown {
  return typeof message === 'string' ? message.replace(/ is invalid: \[.*\]$/s, ' is invalid: [<causes>]') : message
}

/**
 * What of a pod was not to change, upstream shows as a textual difference of its internal Go structures, fields in Go's
 * order and spelling. It has no meaning to clients and is not ours to rebuild: messages count up to where it begins.
 */
function withoutGoDifference(message: string): string {
  return message.replace(/\n@@ -\d+,\d+ \+\d+,\d+ @@\n.*$/s, '')
}

/** The server cuts the prefix to 58 letters before it adds its own five. */
function generatedName(prefix: string, name: string): string {
  return name.startsWith(prefix.slice(0, 58)) ? `${prefix.slice(0, 58)}<random>` : name
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const anyUuid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

function number(known: Map<string, string>, value: string, what: string): string {
  const name = known.get(value) ?? `<${what} ${known.size + 1}>`
  known.set(value, name)
  return name
}

/** A list's own version, or a bookmark's, counts every write to the server: only that it is there is compared. */
function countsEveryWrite(object: Json): boolean {
  const metadata = object['metadata'] as Json | undefined
  const isList = Array.isArray(object['items']) || Array.isArray(object['rows'])
  const isBookmark = JSON.stringify(metadata ?? {}).includes('k8s.io/initial-events-end')
  return (
    (isList || isBookmark) && typeof metadata?.['resourceVersion'] === 'string' && metadata['resourceVersion'] !== ''
  )
}

function withoutVersion(metadata: Json): Json {
  return { ...metadata, resourceVersion: '<version>' }
}

/** Bookmarks come when the server likes, but for the one that ends the initial events. */
function isNoBookmark(event: unknown): boolean {
  if (typeof event !== 'object' || event === null || (event as Json)['type'] !== 'BOOKMARK') return true
  return JSON.stringify(event).includes('k8s.io/initial-events-end')
}

function parseBody(body: string, type: string): unknown {
  if (!type.includes('json')) return body
  try {
    return JSON.parse(body)
  } catch {
    const lines = body.split('\n').filter((line) => line !== '')
    return lines.map((line): unknown => JSON.parse(line))
  }
}

function header(raw: RawAnswer, name: string): string {
  const value = raw.headers[name]
  return typeof value === 'string' ? value : (value ?? []).join(', ')
}
