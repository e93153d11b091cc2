// flotilla failover: moves everything away from a cluster by order of a person.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { OutputOption, withExamples, withHubOptions } from './options.ts'

export interface FailoverFlags {
  readonly off?: boolean
  readonly dryRun?: boolean
  readonly output?: string
  readonly kubeconfig?: string
  readonly context?: string
}

export function addFailover(program: Command, terminal: Terminal): void {
  const command = program
    .command('failover')
    .argument('<cluster>', 'name of the cluster')
    .summary('move everything away from a cluster')
    .description(
      'Orders everything away from a cluster, whatever failover by itself doubts, and also what must not run twice: be sure that it is lost, or that two may run. New copies are ready before old ones go; what has no room elsewhere stays. Data in volumes stays behind.',
    )
    .option('--dry-run', 'only says what would move, and what would stay')
    .option('--off', 'ends the order: what belongs there returns')
    .addOption(new OutputOption('json', 'yaml'))
    .action(async (name: string, flags: FailoverFlags) => {
      const { runFailover } = await import('../failover/run-failover.ts')
      await runFailover(name, flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, ['flotilla failover eu-1 --dry-run', 'flotilla failover eu-1', 'flotilla failover eu-1 --off'])
}
