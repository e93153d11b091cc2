// flotilla controllers: the controllers against an API server that is there already.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { logLevelOption, withExamples, withHubOptions } from './options.ts'

export interface ControllersFlags {
  readonly dataDir?: string
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  readonly kubeconfig?: string
  readonly context?: string
}

export function addControllers(program: Command, terminal: Terminal): void {
  const command = program
    .command('controllers')
    .summary('run the controllers against another API server')
    .description(
      'Runs the controllers against a bare kube-apiserver as the hub, with admission webhooks for its kinds on this machine. ' +
        'Of several such processes one is active. A cluster that runs workloads itself is refused.',
    )
    .option('--data-dir <dir>', 'where keys are kept (default: $XDG_DATA_HOME/flotilla/controllers)')
    .addOption(logLevelOption('info'))
    .action(async (flags: ControllersFlags) => {
      const { runControllers } = await import('../hub/run-controllers.ts')
      await runControllers(flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, ['flotilla install --kubeconfig hub.yaml && flotilla controllers --kubeconfig hub.yaml'])
}
