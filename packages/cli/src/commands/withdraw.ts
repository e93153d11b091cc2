// flotilla withdraw: takes one workload off one cluster.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { withExamples, withHubOptions } from './options.ts'

export interface WithdrawFlags {
  readonly clusters: string
  readonly reason?: string
  readonly undo?: boolean
  readonly dryRun?: boolean
  readonly namespace?: string
  readonly kubeconfig?: string
  readonly context?: string
}

export function addWithdraw(program: Command, terminal: Terminal): void {
  const command = program
    .command('withdraw')
    .argument('<type>', 'TYPE/NAME of a template on the hub')
    .argument('[name]', 'its name, when TYPE stands alone')
    .summary('take a workload off a cluster')
    .description(
      'Takes a workload off clusters and keeps it off them until --undo, whatever its policy says: flotilla explain tells of it. New copies are ready before old ones go, and the last copy stays where nothing can replace it.',
    )
    .requiredOption('-C, --clusters <which>', 'names with commas between, a label selector, or all')
    .option('--reason <text>', 'why, for others to read')
    .option('--undo', 'lets it back')
    .option('--dry-run', 'only says what would be done')
    .option('-n, --namespace <name>', 'namespace (default: the one of the context)')
    .action(async (type: string, name: string | undefined, flags: WithdrawFlags) => {
      const { runWithdraw } = await import('../removals/run-withdraw.ts')
      await runWithdraw(name === undefined ? [type] : [type, name], flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, [
    'flotilla withdraw deployment/web -n shop -C eu-1 --reason "broken disk driver"',
    'flotilla withdraw deployment/web -n shop -C eu-1 --undo',
  ])
}
