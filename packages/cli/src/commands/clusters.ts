// flotilla clusters: the registered members, and how they are.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { OutputOption, withExamples, withHubOptions } from './options.ts'

export interface ClustersFlags {
  readonly output?: string
  readonly selector?: string
  readonly kubeconfig?: string
  readonly context?: string
}

export function addClusters(program: Command, terminal: Terminal): void {
  const command = program
    .command('clusters')
    .argument('[names...]', 'names of clusters (default: all)')
    .summary('list the registered clusters')
    .description('Lists the registered clusters with their state as the hub sees it.')
    .option('-l, --selector <selector>', 'label selector')
    .addOption(new OutputOption('json', 'yaml', 'wide', 'name', 'jsonpath=TEMPLATE'))
    .action(async (names: readonly string[], flags: ClustersFlags) => {
      const { runClusters } = await import('../clusters/run-clusters.ts')
      await runClusters(names, flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, ['flotilla clusters', 'flotilla clusters -l env=prod -o wide'])
}
