// flotilla install: our kinds and namespace on an API server that is to be a hub.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { withExamples, withHubOptions } from './options.ts'

export interface InstallFlags {
  readonly dryRun?: boolean
  readonly kubeconfig?: string
  readonly context?: string
}

export function addInstall(program: Command, terminal: Terminal): void {
  const command = program
    .command('install')
    .summary('install the kinds on another API server')
    .description(
      'Applies the CustomResourceDefinitions and the namespace flotilla-system to a kube-apiserver that is to be the hub. flotilla start does it by itself.',
    )
    .option('--dry-run', 'only say what would be changed')
    .action(async (flags: InstallFlags) => {
      const { runInstall } = await import('../hub/run-install.ts')
      await runInstall(flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, ['flotilla install --kubeconfig hub.yaml --dry-run', 'flotilla install --kubeconfig hub.yaml'])
}
