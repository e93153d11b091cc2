// Runs programs as a person would.
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly input?: string
  readonly env?: Readonly<Record<string, string>>
  /** Default 60 s; then it is killed. */
  readonly withinMs?: number
}

export async function runCommand(
  program: string,
  args: readonly string[],
  { input, env, withinMs = 60_000 }: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  // A program that ends without reading its input is no failure of ours.
  child.stdin.once('error', () => {})
  child.stdin.end(input ?? '')
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs)
  const ended = new Promise<number>((done, fail) => {
    child.once('error', fail)
    child.once('exit', (code) => done(code ?? -1))
  })
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  clearTimeout(timer)
  return { code, stdout, stderr }
}

/** Gives what it printed. @throws with everything printed when its exit code is not 0. */
export async function mustRun(program: string, args: readonly string[], options?: CommandOptions): Promise<string> {
  const { code, stdout, stderr } = await runCommand(program, args, options)
  if (code === 0) return stdout
  throw new Error(`${program.split('/').pop()} ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`)
}
