// An API server that accepts everything at once: what is slow about a placement is then on the hub's side. It knows
// just enough of Kubernetes for a hub to register it, watch it and apply to it.
import { randomUUID } from 'node:crypto'
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { discoveryOf } from './fake-discovery.ts'

export interface FakeOptions {
  readonly cert: string
  readonly key: string
  /** Called with the path of each object that is written. */
  readonly onWrite: (path: string) => void
}

interface Stored {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: { readonly name: string; readonly [field: string]: unknown }
  readonly [field: string]: unknown
}

export class FakeApiServer {
  readonly #options: FakeOptions
  readonly #server: Http2SecureServer
  readonly #objects = new Map<string, Stored>()
  /** By the path of the collection. */
  readonly #watches = new Map<string, Set<ServerHttp2Stream>>()
  #revision = 1

  constructor(options: FakeOptions) {
    this.#options = options
    const { cert, key } = options
    const settings = { initialWindowSize: 1 << 20, maxConcurrentStreams: 1_000 }
    this.#server = createSecureServer({ cert, key, allowHTTP1: false, settings })
    this.#server.on('stream', (stream: ServerHttp2Stream, headers) => {
      const chunks: Buffer[] = []
      stream.on('error', () => undefined)
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const url = new URL(String(headers[':path']), 'https://fake')
        const text = Buffer.concat(chunks).toString()
        this.#answer(stream, String(headers[':method']), url, text === '' ? undefined : (JSON.parse(text) as Stored))
      })
    })
    this.#put('/api/v1/namespaces/kube-system', object('v1', 'Namespace', 'kube-system'))
    this.#put('/api/v1/namespaces/default', object('v1', 'Namespace', 'default'))
  }

  /** The port that the kernel gave. */
  async listen(): Promise<number> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return (this.#server.address() as AddressInfo).port
  }

  #answer(stream: ServerHttp2Stream, method: string, url: URL, body: Stored | undefined): void {
    const path = url.pathname
    const discovery = discoveryOf(path)
    if (discovery !== undefined) return send(stream, 200, discovery)
    const isCollection = !isObjectPath(path)
    if (method === 'GET') {
      if (!isCollection) return this.#sendFound(stream, path)
      return url.searchParams.has('watch') ? this.#watch(stream, path, url) : this.#list(stream, path)
    }
    if (method === 'DELETE') return this.#delete(stream, path)
    if (body === undefined) return send(stream, 400, failure(400, 'BadRequest', path))
    const at = isCollection ? `${path}/${body.metadata.name}` : path
    const isNew = !this.#objects.has(at)
    if (method === 'POST' && !isNew) return send(stream, 409, failure(409, 'AlreadyExists', path))
    const stored = this.#put(at, body)
    send(stream, isNew ? 201 : 200, stored)
    this.#options.onWrite(at)
  }

  #put(path: string, body: Stored): Stored {
    const before = this.#objects.get(path)
    const resourceVersion = String(++this.#revision)
    const uid = before?.metadata['uid'] ?? randomUUID()
    const creationTimestamp = before?.metadata['creationTimestamp'] ?? '2026-01-01T00:00:00Z'
    // Real enough for the hub: what it applied is what it owns.
    const owner = { manager: 'flotilla', operation: 'Apply', apiVersion: body.apiVersion, fieldsType: 'FieldsV1' }
    const managedFields = [{ ...owner, fieldsV1: { 'f:spec': {} } }]
    const metadata = { ...body.metadata, uid, creationTimestamp, resourceVersion, generation: 1, managedFields }
    const stored = { ...before, ...body, metadata }
    this.#objects.set(path, stored)
    this.#tell(path, before === undefined ? 'ADDED' : 'MODIFIED', stored)
    return stored
  }

  #delete(stream: ServerHttp2Stream, path: string): void {
    const found = this.#objects.get(path)
    if (found === undefined) return send(stream, 404, failure(404, 'NotFound', path))
    this.#objects.delete(path)
    this.#revision++
    this.#tell(path, 'DELETED', found)
    send(stream, 200, { apiVersion: 'v1', kind: 'Status', status: 'Success' })
  }

  #sendFound(stream: ServerHttp2Stream, path: string): void {
    const found = this.#objects.get(path)
    if (found === undefined) send(stream, 404, failure(404, 'NotFound', path))
    else send(stream, 200, found)
  }

  #list(stream: ServerHttp2Stream, path: string): void {
    send(stream, 200, { kind: 'List', apiVersion: 'v1', metadata: this.#listMeta(), items: this.#below(path) })
  }

  #watch(stream: ServerHttp2Stream, path: string, url: URL): void {
    stream.respond({ ':status': 200, 'content-type': 'application/json' })
    if (url.searchParams.get('sendInitialEvents') === 'true') {
      for (const item of this.#below(path)) writeEvent(stream, 'ADDED', item)
      const annotations = { 'k8s.io/initial-events-end': 'true' }
      writeEvent(stream, 'BOOKMARK', { metadata: { ...this.#listMeta(), annotations } })
    }
    const watches = this.#watches.get(path) ?? new Set()
    this.#watches.set(path, watches.add(stream))
    stream.on('close', () => watches.delete(stream))
  }

  #below(collection: string): readonly Stored[] {
    return [...this.#objects].flatMap(([path, stored]) => (collectionsOf(path).includes(collection) ? [stored] : []))
  }

  #tell(path: string, type: string, stored: Stored): void {
    for (const collection of collectionsOf(path)) {
      for (const stream of this.#watches.get(collection) ?? []) writeEvent(stream, type, stored)
    }
  }

  #listMeta(): { readonly resourceVersion: string } {
    return { resourceVersion: String(this.#revision) }
  }
}

/** `/api/v1` and `/apis/GROUP/VERSION` are followed by pairs of a collection and a name. */
function isObjectPath(path: string): boolean {
  const steps = path.split('/').length - 1
  return (steps - (path.startsWith('/apis/') ? 3 : 2)) % 2 === 0
}

/** Of its namespace, and of all namespaces. */
function collectionsOf(path: string): readonly string[] {
  const own = path.slice(0, path.lastIndexOf('/'))
  return [own, own.replace(/\/namespaces\/[^/]+(?=\/)/, '')]
}

function object(apiVersion: string, kind: string, name: string): Stored {
  return { apiVersion, kind, metadata: { name } }
}

/** The details say that it is the object that is missing, and not its kind. */
function failure(code: number, reason: string, path: string): object {
  const [kind, name] = path.split('/').slice(-2)
  return { apiVersion: 'v1', kind: 'Status', status: 'Failure', code, reason, message: reason, details: { kind, name } }
}

function writeEvent(stream: ServerHttp2Stream, type: string, stored: object): void {
  if (!stream.destroyed) stream.write(`${JSON.stringify({ type, object: stored })}\n`)
}

function send(stream: ServerHttp2Stream, status: number, body: object): void {
  if (stream.destroyed) return
  stream.respond({ ':status': status, 'content-type': 'application/json' })
  stream.end(JSON.stringify(body))
}
