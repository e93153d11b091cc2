// flotilla prune: deletes on members what nothing on the hub claims any more.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { timeoutOption, withExamples, withHubOptions } from './options.ts'

export interface PruneFlags {
  readonly clusters: string
  readonly namespace?: string
  readonly selector?: string
  readonly kind?: readonly string[]
  readonly yes?: boolean
  readonly timeout: number
  readonly kubeconfig?: string
  readonly context?: string
}

export function addPrune(program: Command, terminal: Terminal): void {
  const collectKinds = (kind: string, before: readonly string[] = []) => [...before, kind]
  const command = program
    .command('prune')
    .summary('delete orphaned objects on clusters')
    .description(
      'Lists objects on clusters that carry our label and that nothing on the hub claims (status.orphans of Clusters), and with --yes deletes them, each only if nothing claims it at that moment. Namespaces, CustomResourceDefinitions, PersistentVolumeClaims and PersistentVolumes are left alone unless --kind names them.',
    )
    .option('-C, --clusters <which>', 'names with commas between, a label selector, or all', 'all')
    .option('-n, --namespace <name>', 'only of this namespace (default: all)')
    .option('-l, --selector <selector>', 'label selector of the objects')
    .option('--kind <type>', 'only of this type; may be given several times', collectKinds)
    .option('--yes', 'deletes what is listed; without it nothing is deleted')
    .addOption(timeoutOption('one request'))
    .action(async (flags: PruneFlags) => {
      const { runPrune } = await import('../removals/run-prune.ts')
      await runPrune(flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, [
    'flotilla prune',
    'flotilla prune -C eu-1 -n shop --yes',
    'flotilla prune -C eu-1 --kind pvc --yes',
  ])
}
