// flotilla describe: one object on each member that has it, with its events there.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { withAcrossOptions, type AcrossFlags } from './get.ts'
import { withExamples } from './options.ts'

export function addDescribe(program: Command, terminal: Terminal): void {
  const command = program
    .command('describe')
    .argument('<type>', 'TYPE or TYPE/NAME, as kubectl has them')
    .argument('[names...]', 'names of objects')
    .summary('show objects on each member in detail')
    .description('Shows objects on each member that has them: labels, spec, status, conditions and events.')
    .action(async (type: string, names: readonly string[], flags: AcrossFlags) => {
      const { runDescribe } = await import('../across/run-describe.ts')
      await runDescribe([type, ...names], flags, terminal)
    })
  withAcrossOptions(command)
  withExamples(command, [
    'flotilla describe deployment/web -n shop',
    'flotilla describe pods -n shop -l app=web -C eu-west',
  ])
}
