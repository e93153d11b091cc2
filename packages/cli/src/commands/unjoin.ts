// flotilla unjoin: takes a cluster off the hub.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { timeoutOption, withExamples, withHubOptions } from './options.ts'

export interface UnjoinFlags {
  readonly force?: boolean
  readonly deleteWorkloads?: boolean
  readonly confirm?: string
  readonly dryRun?: boolean
  readonly timeout: number
  readonly kubeconfig?: string
  readonly context?: string
}

export function addUnjoin(program: Command, terminal: Terminal): void {
  const command = program
    .command('unjoin')
    .argument('<name>', 'name of the cluster')
    .summary('take a cluster off the hub')
    .description(
      'Takes a cluster off the hub. What runs there keeps running; our labels, our lease and our access are removed from it, ' +
        'which is waited for: when the time is over it still leaves, as soon as it answers.',
    )
    .option('--force', 'at once, although it cannot be reached: nothing is removed from it then')
    .option('--delete-workloads', 'delete there what the hub placed; needs --confirm NAME')
    .option('--confirm <name>', 'the name of the cluster, typed again')
    .option('--dry-run', 'only say what would be done')
    .addOption(timeoutOption('it', '30s'))
    .action(async (name: string, flags: UnjoinFlags) => {
      const { runUnjoin } = await import('../clusters/run-unjoin.ts')
      await runUnjoin(name, flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, ['flotilla unjoin eu-1', 'flotilla unjoin eu-1 --force'])
}
