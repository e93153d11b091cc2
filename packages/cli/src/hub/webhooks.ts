// Admission of our kinds for a hub that is another kube-apiserver: the same rules, over HTTPS.
import { createServer, type Server } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { admissionRules } from '@flotilla/api/admission'
import { loadCelFor } from '@flotilla/machinery/cel/program'
import { isError, toStatus } from '@flotilla/machinery/errors'
import type { JsonPatchOperation } from '@flotilla/machinery/kube-api'
import { deepEqual } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import type { KeyPair } from '@flotilla/kube-server/http/certificates'
import type { Env } from '@flotilla/runtime/env'

export interface WebhookOptions {
  readonly env: Env
  readonly serving: KeyPair
  readonly allowLoopbackEndpoints: boolean
}

export interface Webhooks extends AsyncDisposable {
  /** `https://127.0.0.1:PORT`. */
  readonly url: string
}

const host = '127.0.0.1'
/** Objects are at most 3 MiB; a review holds two of them. */
const maxBytes = 8 * 1024 * 1024

export interface ReviewRequest {
  readonly uid: string
  readonly operation: string
  readonly object?: KubeObject
  readonly oldObject?: KubeObject | null
  readonly userInfo?: { readonly username?: string; readonly groups?: readonly string[] }
}

export async function serveWebhooks(options: WebhookOptions): Promise<Webhooks> {
  const { env, serving } = options
  const server = createServer({ cert: serving.cert, key: serving.key, minVersion: 'TLSv1.2' }, (request, answer) => {
    readReview(request)
      .then((review) => reviewAnswer(review, options))
      .then((body) => {
        answer.setHeader('content-type', 'application/json')
        answer.end(JSON.stringify(body))
      })
      .catch((error: unknown) => {
        env.log.warn({ err: error }, 'Cannot answer an admission review')
        answer.statusCode = 400
        answer.end()
      })
  })
  await listen(server)
  return {
    url: `https://${host}:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, () => resolve())
  })
}

async function readReview(request: IncomingMessage): Promise<ReviewRequest> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes) throw new Error(`the review is larger than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { readonly request?: ReviewRequest }
  if (body.request?.uid === undefined) throw new Error('the body is no AdmissionReview')
  return body.request
}

/** The AdmissionReview that answers `request`. */
export async function reviewAnswer(
  request: ReviewRequest,
  options: Pick<WebhookOptions, 'allowLoopbackEndpoints'>,
): Promise<object> {
  await loadCelFor([request.object?.['spec']])
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: request.uid, ...decide(request, options) },
  }
}

function decide(request: ReviewRequest, { allowLoopbackEndpoints }: Pick<WebhookOptions, 'allowLoopbackEndpoints'>) {
  const { object, oldObject, operation, userInfo } = request
  const rule = object && admissionRules.get(object.kind)
  if (object === undefined || rule === undefined || (operation !== 'CREATE' && operation !== 'UPDATE'))
    return { allowed: true }
  try {
    const { object: admitted, warnings } = rule.admit({
      operation,
      object,
      author: { name: userInfo?.username ?? '', groups: userInfo?.groups ?? [] },
      allowLoopbackEndpoints,
      ...(oldObject ? { oldObject } : {}),
    })
    return { allowed: true, ...(warnings.length > 0 ? { warnings } : {}), ...patchFor(object, admitted) }
  } catch (error) {
    if (!isError(error)) throw error
    return { allowed: false, status: toStatus(error) }
  }
}

function patchFor(before: KubeObject, after: KubeObject) {
  const fields = ['metadata', 'spec'].filter((field) => !deepEqual(before[field], after[field]))
  if (fields.length === 0) return {}
  const patch: readonly JsonPatchOperation[] = fields.map((field) => ({
    op: 'replace',
    path: `/${field}`,
    value: after[field],
  }))
  return { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
}
