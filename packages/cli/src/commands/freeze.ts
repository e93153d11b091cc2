// flotilla freeze: stops all moves.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { withExamples, withHubOptions } from './options.ts'

export interface FreezeFlags {
  readonly off?: boolean
  readonly reason?: string
  readonly dryRun?: boolean
  readonly kubeconfig?: string
  readonly context?: string
}

export function addFreeze(program: Command, terminal: Terminal): void {
  const command = program
    .command('freeze')
    .summary('stop all moves between clusters')
    .description(
      'Stops all moves between clusters, of every kind, until it is taken off: failover, returns, rebalances, and moves that are under way stay as they are. What people change in templates and policies is still decided.',
    )
    .option('--off', 'lets moves go on')
    .option('--reason <text>', 'why, for others to read')
    .option('--dry-run', 'only says what would be done')
    .action(async (flags: FreezeFlags) => {
      const { runFreeze } = await import('../failover/run-freeze.ts')
      await runFreeze(flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, ['flotilla freeze --reason "network maintenance until 18:00"', 'flotilla freeze --off'])
}
