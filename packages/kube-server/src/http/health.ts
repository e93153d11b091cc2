// /healthz, /livez and /readyz: each check by its name, all of them together, and in words.
import type { Exchange } from './exchange.ts'
import { isTrue } from './parse-request.ts'
import { respondText } from './respond.ts'

export interface HealthCheck {
  /** As in `/readyz/NAME`. */
  readonly name: string
  readonly kinds: readonly ('healthz' | 'livez' | 'readyz')[]
  /** Undefined when well, else why not; shown to nobody but the log. */
  run(): string | undefined | Promise<string | undefined>
}

export const ping: HealthCheck = { name: 'ping', kinds: ['healthz', 'livez', 'readyz'], run: () => undefined }

/** False when the path is no health path. */
export async function respondHealth(exchange: Exchange, checks: readonly HealthCheck[]): Promise<boolean> {
  const [, kind = '', name, ...rest] = exchange.info.path.split('/')
  if ((kind !== 'healthz' && kind !== 'livez' && kind !== 'readyz') || rest.length > 0) return false
  const known = checks.filter((check) => check.kinds.includes(kind))
  const wanted = name === undefined || name === '' ? known : known.filter((check) => check.name === name)
  if (wanted.length === 0) return false
  await respond(exchange, kind, wanted, name !== undefined && name !== '')
  return true
}

async function respond(
  exchange: Exchange,
  kind: string,
  checks: readonly HealthCheck[],
  isOne: boolean,
): Promise<void> {
  const { query } = exchange.info
  const excluded = new Set(query.getAll('exclude'))
  const lines = await Promise.all(checks.map(async (check) => lineOf(check, excluded)))
  const hasFailed = lines.some((line) => line.startsWith('[-]'))
  const isVerbose = query.has('verbose') && isTrue(query.get('verbose'))
  const summary = `${kind} check ${hasFailed ? 'failed' : 'passed'}`
  const verbose = `${lines.join('\n')}\n${summary}\n`
  const text = hasFailed || (isVerbose && !isOne) ? verbose : 'ok'
  await respondText(exchange, hasFailed ? 500 : 200, 'text/plain; charset=utf-8', text, {
    'x-content-type-options': 'nosniff',
  })
}

async function lineOf(check: HealthCheck, excluded: ReadonlySet<string>): Promise<string> {
  if (excluded.has(check.name)) return `[+]${check.name} excluded: ok`
  const failure = await check.run()
  return failure === undefined ? `[+]${check.name} ok` : `[-]${check.name} failed: reason withheld`
}
