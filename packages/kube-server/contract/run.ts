// Sends the rows of the contract to a server and gives what it answered, normalised.
import { setTimeout as sleep } from 'node:timers/promises'
import { Normaliser } from './normalise.ts'
import type { Answer, RawAnswer } from './normalise.ts'
import type { Row, Step } from './row.ts'
import { users } from './users.ts'

export interface TargetRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** An API server under test. It must know the tokens of `users.ts`. */
export interface Target {
  /** Answers with the whole body; a watch ends by its own timeout. */
  fetch(request: TargetRequest): Promise<RawAnswer>
}

export interface RowResult {
  readonly name: string
  readonly answers: readonly Answer[]
  /** Why the row did not come to its end. */
  readonly failure?: string
}

export interface RunOptions {
  /** How long `until` may take to come true; 20 s unless told. */
  readonly patienceMs?: number
}

const width = 8
const usualPatienceMs = 20_000
const untilEveryMs = 50

/** Results in the order of `rows`. */
export async function runRows(
  target: Target,
  rows: readonly Row[],
  { patienceMs = usualPatienceMs }: RunOptions = {},
): Promise<readonly RowResult[]> {
  const results = new Map<string, RowResult>()
  const run = async (row: Row): Promise<void> => void results.set(row.name, await runRow(target, row, patienceMs))
  for (const row of rows.filter((row) => row.first)) await run(row)
  const queue = rows.filter((row) => !row.first)
  const work = async (): Promise<void> => {
    for (let row = queue.shift(); row; row = queue.shift()) await run(row)
  }
  await Promise.all(Array.from({ length: width }, work))
  return rows.flatMap((row) => results.get(row.name) ?? [])
}

/** Runs one row in its own namespace, which is left behind. */
async function runRow(target: Target, row: Row, patienceMs: number): Promise<RowResult> {
  const namespace = namespaceOf(row)
  const normaliser = new Normaliser(namespace, row.managedFields ?? false)
  const raw: RawAnswer[] = []
  const answers: Answer[] = []
  try {
    if (JSON.stringify(row.steps).includes('{ns}')) await prepare(target, namespace)
    for (const step of row.steps) {
      const answer = await send(target, step, fill(step, namespace, raw), patienceMs)
      raw.push(answer)
      const normalised = normaliser.answer(answer)
      answers.push(step.quiet ? { code: normalised.code } : normalised)
    }
  } catch (error) {
    return { name: row.name, answers, failure: String(error) }
  }
  return { name: row.name, answers }
}

/** `c-` and the row's name as a DNS label, kept apart from others of the same beginning by its length and sum. */
function namespaceOf(row: Row): string {
  const words = row.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const sum = Buffer.from(row.name).reduce((total, byte) => (total * 31 + byte) % 1_679_616, 7)
  return `c-${words.slice(0, 32).replace(/-$/, '')}-${sum.toString(36)}-x`
}

/** The namespace, and the service account that kube-controller-manager would put there. */
async function prepare(target: Target, name: string): Promise<void> {
  const accounts = `/api/v1/namespaces/${name}/serviceaccounts`
  await create(target, '/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  // A target with controllers may have been faster.
  await create(target, accounts, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } }, [409])
}

async function create(target: Target, path: string, body: object, alsoFine: readonly number[] = []): Promise<void> {
  const answer = await target.fetch(toRequest({ method: 'POST', path, body }))
  if (answer.code !== 201 && !alsoFine.includes(answer.code))
    throw new Error(`Cannot prepare ${path}: ${answer.code} ${answer.body}`)
}

async function send(target: Target, { until }: Step, request: TargetRequest, patienceMs: number): Promise<RawAnswer> {
  const deadline = Date.now() + patienceMs
  for (;;) {
    const answer = await target.fetch(request)
    if (!until || isFulfilled(until, answer)) return answer
    if (Date.now() > deadline) {
      throw new Error(`${request.method} ${request.path} never came to ${JSON.stringify(until)}: ${answer.body}`)
    }
    await sleep(untilEveryMs)
  }
}

function isFulfilled(until: NonNullable<Step['until']>, answer: RawAnswer): boolean {
  if ('code' in until) return answer.code === until.code
  return answer.code < 300 && JSON.stringify(at(JSON.parse(answer.body), until.path)) === JSON.stringify(until.equals)
}

function toRequest({ method, path, headers = {}, body, as = 'admin' }: Step): TargetRequest {
  const token = users.find((user) => user.name === as)?.token
  const credentials: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const contentType: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  return {
    method,
    path,
    headers: { accept: 'application/json', 'user-agent': 'contract/1.0', ...credentials, ...contentType, ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  }
}

/** Puts the row's namespace and earlier answers where the step names them. */
function fill(step: Step, namespace: string, raw: readonly RawAnswer[]): TargetRequest {
  const replace = (text: string): string =>
    text.replaceAll(/\{(?:ns|(\d+)\.([\w.-]+))\}/g, (whole, index?: string, path = '') => {
      if (index === undefined) return namespace
      const value = at(JSON.parse(raw[Number(index) - 1]?.body ?? 'null'), path)
      return typeof value === 'string' || typeof value === 'number' ? `${value}` : whole
    })
  const request = toRequest(step)
  return {
    ...request,
    path: replace(request.path),
    headers: Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, replace(value)])),
    ...(request.body === undefined ? {} : { body: replace(request.body) }),
  }
}

function at(value: unknown, path: string): unknown {
  let here = value
  for (const part of path.split('.')) here = (here as Readonly<Record<string, unknown>> | null | undefined)?.[part]
  return here
}
