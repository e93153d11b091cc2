// A running demo for tests, in this process, and commands against it.
import { join } from 'node:path'
import { runFlotilla } from '../src/program.ts'
import { aFolder } from './a-folder.ts'
import { flotilla, testTerminal, type Finished } from './test-terminal.ts'

export interface TestDemo extends AsyncDisposable {
  readonly folder: string
  readonly kubeconfig: string
  /** What `flotilla start` printed. */
  readonly output: () => string
  run(...args: readonly string[]): Promise<Finished>
  /** Ends it as Ctrl-C does, and gives the exit code. */
  stop(): Promise<number>
}

export async function startTestDemo(args: readonly string[] = [], folder = aFolder()): Promise<TestDemo> {
  const terminal = testTerminal({ HOME: folder })
  const data = join(folder, 'data')
  const common = ['start', '--demo', '--data-dir', data, '--listen', '127.0.0.1:0', '--log-level', 'silent']
  const running = runFlotilla([...common, ...args], terminal)
  const ended = running.then((code) => {
    if (!terminal.stopped.aborted) throw new Error(`the demo ended with ${code}: ${terminal.stderr}`)
  })
  await Promise.race([terminal.printed('Ctrl-C stops everything.'), ended])
  const kubeconfig = join(data, 'kubeconfig')
  const stop = () => {
    terminal.stop()
    return running
  }
  return {
    folder,
    kubeconfig,
    output: () => terminal.stdout,
    run: (...words) => flotilla(words, { KUBECONFIG: kubeconfig, HOME: folder }),
    stop,
    [Symbol.asyncDispose]: async () => void (await stop()),
  }
}
