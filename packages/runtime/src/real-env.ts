// The real Env: the machine's clock and chance, pino, prom-client. The only such place.
import { randomUUID } from 'node:crypto'
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino'
import type { Env, Timer } from './env.ts'
import { createFairTurns } from './fair-turns.ts'
import type { Logger } from './log.ts'
import { createPrometheusMetrics } from './prometheus-metrics.ts'
import { nextTurn } from './real-turn.ts'
import { sleepOn } from './sleep.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface RealEnvOptions {
  /** Default `info`. */
  readonly logLevel?: LogLevel
  /** Lines for people instead of JSON. */
  readonly pretty?: boolean
  /** Default: standard error. */
  readonly destination?: DestinationStream
}

export function createRealEnv(options: RealEnvOptions = {}): Env {
  return {
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    timers: { after, sleep: sleepOn(after), yield: nextTurn, turn },
    random: () => Math.random(),
    uuid: () => randomUUID(),
    log: createLogger(options),
    metrics: createPrometheusMetrics(),
  }
}

/** There is one thread, however many environments. */
const turn = createFairTurns({ now: () => performance.now(), nextTurn })

// Node fires at once what is due later than a signed 32-bit count of milliseconds.
const longestDelayMs = 2 ** 31 - 1

function after(delayMs: number, run: () => void): Timer {
  let timeout: NodeJS.Timeout
  const arm = (leftMs: number) => {
    const partMs = Math.min(leftMs, longestDelayMs)
    timeout = setTimeout(() => (leftMs > partMs ? arm(leftMs - partMs) : run()), partMs)
    timeout.unref()
  }
  arm(Math.max(0, delayMs))
  return { cancel: () => clearTimeout(timeout) }
}

function createLogger(options: RealEnvOptions): Logger {
  const destination = options.destination ?? pino.destination({ dest: 2, sync: true })
  const stream = options.pretty ? { write: (line: string) => destination.write(prettyLine(line)) } : destination
  const level = options.logLevel ?? 'info'
  return asLogger(pino({ level, base: null, formatters: { level: (label) => ({ level: label }) } }, stream))
}

function asLogger(log: PinoLogger): Logger {
  return {
    debug: (fields, message) => log.debug(fields, message),
    info: (fields, message) => log.info(fields, message),
    warn: (fields, message) => log.warn(fields, message),
    error: (fields, message) => log.error(fields, message),
    child: (fields) => asLogger(log.child(fields)),
  }
}

interface LoggedError {
  readonly type?: string
  readonly stack?: string
}

/** `12:00:01 warn  message key=value …`. What failed on purpose says so in the line; the stack of a bug is below it. */
function prettyLine(line: string): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>
  const clock = new Date(Number(time)).toISOString().slice(11, 19)
  const rest = Object.entries(fields).map(([name, value]) => ` ${name}=${shown(value)}`)
  const { type, stack } = (err ?? {}) as LoggedError
  // pino's message repeats those of the causes, which a FlotillaError has put into words already.
  const expected =
    type === 'FlotillaError' ? /^FlotillaError: ([\s\S]*?)(?=\n {4}at )/.exec(stack ?? '')?.[1] : undefined
  const text = expected === undefined ? String(msg) : `${String(msg)}: ${expected}`
  const below = stack === undefined || expected !== undefined ? '' : `  ${stack.replaceAll('\n', '\n  ')}\n`
  return `${clock} ${String(level).padEnd(5)} ${text}${rest.join('')}\n${below}`
}

function shown(value: unknown): string {
  return typeof value === 'string' && !/[\s"=]/.test(value) ? value : JSON.stringify(value)
}
