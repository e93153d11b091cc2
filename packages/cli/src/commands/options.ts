// Options that many verbs share, worded once.
import { Option, type Command } from 'commander'

export function withHubOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'kubeconfig of the hub (default: KUBECONFIG, else what flotilla start wrote)')
    .option('--context <name>', 'context in it (default: its current one)')
}

export function outputOption(choices: string): Option {
  return new Option('-o, --output <format>', `output format: ${choices}`)
}

/** Help that ends with commands to copy. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  ${line}`).join('\n')}`)
}

/** Collects an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
