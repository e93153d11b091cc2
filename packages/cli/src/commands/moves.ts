// flotilla moves: what moved between clusters, and why.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { wholeNumber } from './numbers.ts'
import { OutputOption, withExamples, withHubOptions } from './options.ts'

export interface MovesFlags {
  readonly namespace?: string
  readonly clusters?: string
  readonly limit?: number
  readonly output?: string
  readonly kubeconfig?: string
  readonly context?: string
}

export function addMoves(program: Command, terminal: Terminal): void {
  const command = program
    .command('moves')
    .summary('what moved between clusters, and why')
    .description(
      'Lists the latest moves of workloads between clusters with their reasons, the latest last; the hub keeps 500.',
    )
    .option('-n, --namespace <name>', 'only of this namespace (default: all)')
    .option('-C, --clusters <names>', 'only to or from these, commas between')
    .option('--limit <moves>', 'only so many, the latest', wholeNumber('--limit', 1, 500))
    .addOption(new OutputOption('json', 'yaml'))
    .action(async (flags: MovesFlags) => {
      const { runMoves } = await import('../failover/run-moves.ts')
      await runMoves(flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, ['flotilla moves', 'flotilla moves -C eu-1 --limit 20', 'flotilla moves -n shop -o json'])
}
