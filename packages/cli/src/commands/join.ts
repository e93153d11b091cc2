// flotilla join: registers a cluster with the hub, by a kubeconfig on the person's own machine.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { collect, withExamples, withHubOptions } from './options.ts'

export interface JoinFlags {
  readonly clusterKubeconfig: string
  readonly clusterContext?: string
  readonly label?: readonly string[]
  readonly region?: string
  readonly provider?: string
  readonly takeOver?: boolean
  readonly insecureSkipTlsVerify?: boolean
  readonly dryRun?: boolean
  readonly kubeconfig?: string
  readonly context?: string
}

export function addJoin(program: Command, terminal: Terminal): void {
  const command = program
    .command('join')
    .argument('<name>', 'what the cluster shall be called on the hub')
    .summary('register a cluster with the hub')
    .description(
      'Registers a cluster. The kubeconfig is read on this machine and used once: it creates a ServiceAccount with a role ' +
        '(shown by --dry-run) on the cluster, and only a token of that account is kept by the hub. ' +
        'Joining a cluster again under its name renews its credentials.',
    )
    .requiredOption('--cluster-kubeconfig <file>', 'kubeconfig with administrator rights on the cluster')
    .option('--cluster-context <name>', 'context in it (default: its current one)')
    .option('--label <key=value>', 'label of the Cluster; may be given several times', collect)
    .option('--region <region>', 'where it is, e.g. eu-west-1; policies select by it')
    .option('--provider <name>', 'who runs it, e.g. aws; policies select by it')
    .option('--take-over', 'although another hub manages it: only when that hub is gone')
    .option('--insecure-skip-tls-verify', 'do not verify its certificate; stored, and shown as a condition')
    .option('--dry-run', 'only show what would be created')
    .action(async (name: string, flags: JoinFlags) => {
      const { runJoin } = await import('../clusters/run-join.ts')
      await runJoin(name, flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, [
    'flotilla join eu-1 --cluster-kubeconfig ~/.kube/eu-1.yaml --region eu-west-1',
    'flotilla join edge-7 --cluster-kubeconfig ~/.kube/config --cluster-context edge-7 --label tier=edge --dry-run',
  ])
}
