// flotilla approve: lets go what the breaker on mass removals holds.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { OutputOption, withExamples, withHubOptions } from './options.ts'

export interface ApproveFlags {
  readonly all?: boolean
  readonly policy?: string
  readonly dryRun?: boolean
  readonly namespace?: string
  readonly output?: string
  readonly kubeconfig?: string
  readonly context?: string
}

export function addApprove(program: Command, terminal: Terminal): void {
  const command = program
    .command('approve')
    .argument('[type]', 'TYPE/NAME of a template that is held, on the hub or deleted there')
    .argument('[name]', 'its name, when TYPE stands alone')
    .summary('let go removals that are held')
    .description(
      'Lists removals that are held (RemovalHeld) because too much was to go within an hour, or lets them go: their copies are then deleted from members. It holds for what is held now, not for what is to go later. What should stay comes back by undoing what caused it, such as an edit of a policy.',
    )
    .option('--all', 'everything that is held')
    .option('--policy <name>', 'what is held of this policy, of the namespace or cluster-wide')
    .option('--dry-run', 'only lists what would go')
    .option('-n, --namespace <name>', 'namespace (default: the one of the context); alone: lists only this one')
    .addOption(new OutputOption('json', 'yaml'))
    .action(async (type: string | undefined, name: string | undefined, flags: ApproveFlags) => {
      const { runApprove } = await import('../removals/run-approve.ts')
      await runApprove([type ?? [], name ?? []].flat(), flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, [
    'flotilla approve',
    'flotilla approve deployment/web -n shop --dry-run',
    'flotilla approve --policy web -n shop',
    'flotilla approve --all',
  ])
}
