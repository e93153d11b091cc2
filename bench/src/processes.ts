// Processes that a benchmark starts, and what the kernel knows of them.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

export interface Started extends AsyncDisposable {
  readonly pid: number
  readonly child: ChildProcess
  /** Everything it has printed. */
  printed(): string
  hasEnded(): boolean
  /** Sends `signal` and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<void>
}

/** Runs a script with this Node. It is ended with this process. */
export function startNode(args: readonly string[], variables: Readonly<Record<string, string>> = {}): Started {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`Cannot start node ${args.join(' ')}`)
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  let printed = ''
  let hasEnded = false
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (printed += data.toString()))
  const ended = new Promise<void>((done) => child.once('exit', () => done())).then(() => {
    hasEnded = true
    process.removeListener('exit', kill)
  })
  const end = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    await ended
  }
  return {
    pid,
    child,
    printed: () => printed,
    hasEnded: () => hasEnded,
    end,
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  }
}

const launcher = resolve(import.meta.dirname, '../../packages/cli/bin/flotilla.js')

export function startFlotilla(args: readonly string[], variables?: Readonly<Record<string, string>>): Started {
  return startNode([launcher, ...args], variables)
}

/** Runs `flotilla` to its end. @throws with what it printed when it fails. */
export async function flotilla(args: readonly string[]): Promise<string> {
  const started = startFlotilla(args)
  const code = await new Promise<number | null>((done) => started.child.once('close', done))
  if (code !== 0) throw new Error(`flotilla ${args.join(' ')} ended with ${code}:\n${started.printed()}`)
  return started.printed()
}

/** The next message that a process started by `startNode` sends. */
export function nextMessage<T>({ child }: Started): Promise<T> {
  return new Promise((done) => child.once('message', (message) => done(message as T)))
}

const ticksPerSecond = 100

/** Seconds of processor time that the process has used. */
export function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

/** MiB: what is resident now, and the most that ever was. */
export function memoryOf(pid: number): { readonly resident: number; readonly peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? Number.NaN) / 1024
  return { resident: read('VmRSS'), peak: read('VmHWM') }
}
