// flotilla get: objects of all members in one list.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { OutputOption, timeoutOption, withExamples, withHubOptions } from './options.ts'

export interface AcrossFlags {
  readonly clusters: string
  readonly namespace?: string
  readonly allNamespaces?: boolean
  readonly selector?: string
  readonly output?: string
  readonly timeout: number
  readonly kubeconfig?: string
  readonly context?: string
}

export function withAcrossOptions(command: Command): Command {
  return withHubOptions(
    command
      .option('-C, --clusters <which>', 'all, names with commas between, or a label selector of Clusters', 'all')
      .option('-n, --namespace <name>', 'namespace (default: the one of the context)')
      .option('-A, --all-namespaces', 'all namespaces')
      .option('-l, --selector <selector>', 'label selector of the objects')
      .addOption(timeoutOption('one cluster')),
  )
}

export function addGet(program: Command, terminal: Terminal): void {
  const command = program
    .command('get')
    .argument('<type>', 'TYPE or TYPE/NAME, as kubectl has them')
    .argument('[names...]', 'names of objects')
    .summary('list objects of all members')
    .description(
      'Lists objects of all members in one table, as each member prints them. A cluster that does not answer is named on standard error, and the exit code is 4.',
    )
    .addOption(new OutputOption('json', 'yaml', 'wide', 'name', 'jsonpath=TEMPLATE'))
    .action(async (type: string, names: readonly string[], flags: AcrossFlags) => {
      const { runGet } = await import('../across/run-get.ts')
      await runGet([type, ...names], flags, terminal)
    })
  withAcrossOptions(command)
  withExamples(command, [
    'flotilla get pods -n shop',
    'flotilla get deployments -A -C eu-west,us-east',
    'flotilla get nodes -C env=prod -o wide',
    'flotilla get deployment/web -n shop -o yaml',
  ])
}
