// One process of a control plane: started, killed, paused and started again with the same arguments.
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Watchdog } from './watchdog.ts'

export interface ComponentSpec {
  readonly name: string
  readonly binary: string
  readonly args: readonly string[]
  readonly folder: string
}

const stopPatienceMs = 5_000
const tailLines = 15

export class Component {
  readonly name: string
  readonly #spec: ComponentSpec
  readonly #watchdog: Watchdog
  #child: ChildProcess | undefined
  #wanted: 'running' | 'ended' = 'ended'

  constructor(spec: ComponentSpec, watchdog: Watchdog) {
    this.name = spec.name
    this.#spec = spec
    this.#watchdog = watchdog
  }

  /** Undefined when it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    if (this.#child) throw new Error(`Cannot start ${this.name}: it runs with pid ${this.#child.pid}`)
    const log = openSync(this.#logFile, 'a')
    const env = { ...process.env, GOMAXPROCS: '2', GOGC: '50' }
    const child = spawn(this.#spec.binary, this.#spec.args, { detached: true, env, stdio: ['ignore', log, log] })
    closeSync(log)
    const { pid } = child
    if (pid !== undefined) this.#watchdog.watch(pid)
    child.once('error', (error) => this.#ended(child, String(error)))
    child.once('exit', (code, signal) => this.#ended(child, signal ?? `exit code ${code}`))
    this.#child = child
    this.#wanted = 'running'
  }

  /** Sends `signal` and awaits the end; what ignores it for 5 s is killed. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child
    if (!child) return
    const exited = new Promise<void>((done) => child.once('exit', () => done()))
    this.#wanted = 'ended'
    child.kill('SIGCONT')
    child.kill(signal)
    const timer = setTimeout(() => child.kill('SIGKILL'), stopPatienceMs)
    await exited
    clearTimeout(timer)
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#child?.kill(signal)) throw new Error(`Cannot send ${signal} to ${this.name}: it does not run`)
  }

  /** The last lines of its log, for messages. */
  logTail(): string {
    const lines = readFileSync(this.#logFile, 'utf8').trimEnd().split('\n')
    return lines.slice(-tailLines).join('\n')
  }

  get #logFile(): string {
    return join(this.#spec.folder, `${this.name}.log`)
  }

  #ended(child: ChildProcess, how: string): void {
    if (child.pid !== undefined) this.#watchdog.forget(child.pid)
    if (this.#child !== child) return
    this.#child = undefined
    // A test that hits the gap reports only its own surprise, and the folder with the log is gone by then.
    if (this.#wanted === 'running') {
      console.error(`${this.name} in ${this.#spec.folder} ended by itself (${how}):\n${this.logTail()}`)
    }
  }
}
