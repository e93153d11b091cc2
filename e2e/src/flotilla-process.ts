// The flotilla command in a process of its own: run to its end, or kept running until a test kills it.
import { spawn, type ChildProcess } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Watchdog } from '@flotilla/testbed/watchdog'
import { mustRun, runCommand, type CommandOptions, type CommandResult } from './command.ts'

const launcher = resolve(import.meta.dirname, '../../packages/cli/bin/flotilla.js')

/** What it printed. @throws when its exit code is not 0. */
export function flotilla(args: readonly string[], options?: CommandOptions): Promise<string> {
  return mustRun(process.execPath, [launcher, ...args], options)
}

/** What it printed, whatever its exit code. */
export function runFlotilla(args: readonly string[], options?: CommandOptions): Promise<CommandResult> {
  return runCommand(process.execPath, [launcher, ...args], options)
}

export interface FlotillaProcess {
  readonly pid: number
  /** Everything it has printed. */
  printed(): string
  /** Sends the signal and resolves with milliseconds that the end took. */
  end(signal: NodeJS.Signals): Promise<number>
}

export interface StartLimits {
  /** No file grows beyond so many KiB: writing more fails. */
  readonly mostFileKiB?: number
  /** A module that is loaded first. */
  readonly preload?: string
}

export interface FlotillaProcessOptions extends StartLimits {
  /** Where its output is kept. */
  readonly folder: string
  /** Ends it when the test's process dies. */
  readonly watchdog: Watchdog
  readonly env?: Readonly<Record<string, string>>
}

export function startFlotilla(args: readonly string[], options: FlotillaProcessOptions): FlotillaProcess {
  const child = spawn(
    'sh',
    ['-c', `${limitOf(options)} exec "$0" "$@"`, process.execPath, ...preloadOf(options), launcher, ...args],
    {
      detached: true,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const { pid } = child
  if (pid === undefined) throw new Error(`Cannot start flotilla ${args.join(' ')}`)
  options.watchdog.watch(pid)
  const log = createWriteStream(join(options.folder, 'flotilla.log'), { flags: 'a' })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      printed += data.toString()
      log.write(data)
    })
  }
  let isEnding = false
  const ended = endOf(child)
  void ended.then((how) => {
    options.watchdog.forget(pid)
    log.end()
    // A test that waits for it reports only that nothing answers.
    if (!isEnding) console.error(`flotilla ${args.join(' ')} ended by itself (${how}):\n${printed.slice(-4_000)}`)
  })
  return {
    pid,
    printed: () => printed,
    async end(signal) {
      isEnding = true
      const from = performance.now()
      child.kill(signal)
      await ended
      return performance.now() - from
    },
  }
}

/** In blocks of 512 bytes. */
function limitOf({ mostFileKiB }: StartLimits): string {
  return mostFileKiB === undefined ? '' : `ulimit -f ${2 * mostFileKiB};`
}

function preloadOf({ preload }: StartLimits): readonly string[] {
  return preload === undefined ? [] : ['--import', preload]
}

/** Resolves with its exit code or the signal that ended it. */
function endOf(child: ChildProcess): Promise<string> {
  return new Promise((done) => child.once('exit', (code, signal) => done(signal ?? `exit code ${code}`)))
}
