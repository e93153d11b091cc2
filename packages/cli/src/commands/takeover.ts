// flotilla takeover: lets a hub that was restored from a backup write to its members again.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { wholeNumber } from './numbers.ts'
import { OutputOption, timeoutOption, withExamples, withHubOptions } from './options.ts'

export interface TakeoverFlags {
  readonly dryRun?: boolean
  readonly confirm?: number
  readonly output?: string
  /** Milliseconds. */
  readonly timeout: number
  readonly kubeconfig?: string
  readonly context?: string
}

export function addTakeover(program: Command, terminal: Terminal): void {
  const command = program
    .command('takeover')
    .summary('let a hub that was restored from a backup write to its members again')
    .description(
      'A hub whose store was restored from a backup, or copied, writes nothing to members, since they know a newer state of it. ' +
        'Shows for each cluster what is newer there, what would be stated again as this hub has it, and what this hub does not know, which stays. ' +
        'With --confirm it raises the generation of the hub, so that it writes again and any other process of it stops. Nothing is deleted by that, nor what was about to be removed when the backup was made.',
    )
    .option('--dry-run', 'only show what would be done')
    .option(
      '--confirm <generation>',
      'the generation that the hub is to have, as the dry run names it',
      wholeNumber('--confirm', 1, Number.MAX_SAFE_INTEGER),
    )
    .addOption(timeoutOption('one cluster', '10s'))
    .addOption(new OutputOption('json', 'yaml'))
    .action(async (flags: TakeoverFlags) => {
      const { runTakeover } = await import('../takeover/run-takeover.ts')
      await runTakeover(flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, ['flotilla takeover --dry-run', 'flotilla takeover --confirm 2'])
}
