// flotilla rebalance: moves what costs less elsewhere.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { factor, wholeNumber } from './numbers.ts'
import { OutputOption, timeoutOption, withExamples, withHubOptions } from './options.ts'

export interface RebalanceFlags {
  readonly dryRun?: boolean
  readonly maxMoves?: number
  readonly gate: number
  /** Milliseconds. */
  readonly timeout: number
  readonly output?: string
  readonly kubeconfig?: string
  readonly context?: string
}

export function addRebalance(program: Command, terminal: Terminal): void {
  const command = program
    .command('rebalance')
    .summary('moves replicas to where they cost less')
    .description(
      'Moves replicas of workloads whose policy has an objective to where they cost less by it, in waves: new copies are ready before old ones go. What saves too little for its disruption stays.',
    )
    .option('--dry-run', 'only prints what would move')
    .option('--max-moves <replicas>', 'moves at most so many replicas', wholeNumber('--max-moves', 0, 1_000_000_000))
    .option(
      '--gate <factor>',
      'a replica moves if it saves at least 1/factor of what one costs on average',
      factor('--gate', 'above 0', 2),
      2,
    )
    .addOption(timeoutOption('one wave', '10m'))
    .addOption(new OutputOption('json', 'yaml'))
    .action(async (flags: RebalanceFlags) => {
      const { runRebalance } = await import('../rebalance/run-rebalance.ts')
      await runRebalance(flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, [
    'flotilla rebalance --dry-run',
    'flotilla rebalance --max-moves 100',
    'flotilla rebalance --gate 4',
  ])
}
