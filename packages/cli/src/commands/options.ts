// Options that many verbs share, worded once.
import { Option, type Command } from 'commander'
import { duration } from './numbers.ts'

export function withHubOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'kubeconfig of the hub (default: KUBECONFIG, else what flotilla start wrote)')
    .option('--context <name>', 'context in it (default: its current one)')
}

/** `-o`, with the formats that the verb has. */
export class OutputOption extends Option {
  readonly formats: readonly string[]

  constructor(...formats: readonly string[]) {
    super('-o, --output <format>', `output format: ${formats.join(', ')}`)
    this.formats = formats
  }
}

/** How long `what` may take; `most`: a time as a person writes it. */
export function timeoutOption(what: string, most = '3s'): Option {
  const parse = duration('--timeout')
  return new Option('--timeout <time>', `how long ${what} may take`).argParser(parse).default(parse(most), most)
}

export function logLevelOption(least: string): Option {
  return new Option('--log-level <level>', 'the least that is logged')
    .choices(['debug', 'info', 'warn', 'error', 'silent'])
    .default(least)
}

/** Help that ends with commands to copy. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`)
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
