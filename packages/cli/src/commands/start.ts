// flotilla start: a hub in this process, until it is stopped; with --demo also members and an application.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Command } from 'commander'
import { defaultListen } from '../hub/default-folder.ts'
import type { Terminal } from '../terminal.ts'
import { logLevelOption, withExamples } from './options.ts'
import { wholeNumber } from './numbers.ts'

export interface StartFlags {
  readonly dataDir?: string
  readonly listen: string
  readonly demo?: boolean
  readonly members: number
  readonly nodes: number
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

export function addStart(program: Command, terminal: Terminal): void {
  const command = program
    .command('start')
    .summary('start a hub in this terminal')
    .description(
      'Starts a hub: a Kubernetes API on an embedded store, and the controllers that manage member clusters through it. ' +
        'Started again on the same data it goes on where it was. Stop it with Ctrl-C.',
    )
    .option(
      '--data-dir <dir>',
      'where everything is kept (default: $XDG_DATA_HOME/flotilla; with --demo a temporary folder)',
    )
    .option('--listen <host:port>', 'where the API listens', defaultListen)
    .option('--demo', 'also start simulated members and place a sample application on them')
    .option('--members <n>', 'with --demo: how many members', wholeNumber('--members', 1, 50), 3)
    .option('--nodes <n>', 'with --demo: how many nodes each', wholeNumber('--nodes', 1, 1000), 3)
    .addOption(logLevelOption('warn'))
    .action(async (flags: StartFlags, started: Command) => {
      checkDemoOptions(flags, started)
      const { runStart } = await import('../hub/run-start.ts')
      await runStart(flags, terminal)
    })
  withExamples(command, [
    'flotilla start --demo',
    'flotilla start',
    'flotilla start --data-dir /var/lib/flotilla --listen 10.0.0.5:7443',
  ])
}

/** @throws Invalid: an option that does nothing is a mistake. */
function checkDemoOptions({ demo }: StartFlags, command: Command): void {
  const given = ['members', 'nodes'].find((name) => command.getOptionValueSource(name) === 'cli')
  if (demo === true || given === undefined) return
  const why = 'only a demo has simulated members. Next: add --demo, or join clusters with flotilla join'
  throw new FlotillaError('Invalid', `Cannot start a hub with --${given}: ${why}`)
}
