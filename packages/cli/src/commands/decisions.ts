// flotilla explain, why-not, render and drift: why something is where it is or is not, what is stated there, and what
// differs.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { OutputOption, timeoutOption, withExamples, withHubOptions } from './options.ts'

export interface DecisionFlags {
  readonly namespace?: string
  readonly output?: string
  readonly kubeconfig?: string
  readonly context?: string
}

export interface WhyNotFlags extends DecisionFlags {
  readonly clusters: string
}

export interface RenderFlags extends DecisionFlags {
  readonly clusters: string
  readonly timeout: number
}

export function addExplain(program: Command, terminal: Terminal): void {
  const command = program
    .command('explain')
    .argument('<type>', 'TYPE/NAME of a template on the hub')
    .argument('[name]', 'its name, when TYPE stands alone')
    .summary('why a template is where it is')
    .description(
      'Shows the decision for a template: the policy that won and those that lost, and the verdict on every cluster.',
    )
    .option('-n, --namespace <name>', 'namespace (default: the one of the context)')
    .addOption(new OutputOption('json', 'yaml'))
    .action(async (type: string, name: string | undefined, flags: DecisionFlags) => {
      const { runExplain } = await import('../decisions/run-explain.ts')
      await runExplain(name === undefined ? [type] : [type, name], flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, ['flotilla explain deployment/web -n shop', 'flotilla explain deployment/web -n shop -o json'])
}

export function addWhyNot(program: Command, terminal: Terminal): void {
  const command = program
    .command('why-not')
    .argument('<type>', 'TYPE/NAME of a template on the hub')
    .argument('[name]', 'its name, when TYPE stands alone')
    .summary('why a template is not on a cluster')
    .description(
      'Says why a template has nothing on a cluster: what would move if one replica were forced there, or the smallest set of rules to relax for one.',
    )
    .requiredOption('-C, --clusters <which>', 'names with commas between, a label selector, or all')
    .option('-n, --namespace <name>', 'namespace (default: the one of the context)')
    .addOption(new OutputOption('json', 'yaml'))
    .action(async (type: string, name: string | undefined, flags: WhyNotFlags) => {
      const { runWhyNot } = await import('../decisions/run-why-not.ts')
      await runWhyNot(name === undefined ? [type] : [type, name], flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, [
    'flotilla why-not deployment/web -n shop -C ap-south',
    'flotilla why-not deployment/web -n shop -C env=prod -o json',
  ])
}

export function addRender(program: Command, terminal: Terminal): void {
  const command = program
    .command('render')
    .argument('<type>', 'TYPE/NAME of a template on the hub')
    .argument('[name]', 'its name, when TYPE stands alone')
    .summary('what is stated of a template on a cluster')
    .description(
      'Prints what the hub states of a template on a cluster, and which override changed what. Values of Secrets are masked.',
    )
    .requiredOption('-C, --clusters <which>', 'names with commas between, a label selector, or all')
    .option('-n, --namespace <name>', 'namespace (default: the one of the context)')
    .addOption(timeoutOption('one cluster'))
    .addOption(new OutputOption('yaml', 'json').default('yaml'))
    .action(async (type: string, name: string | undefined, flags: RenderFlags) => {
      const { runRender } = await import('../decisions/run-render.ts')
      await runRender(name === undefined ? [type] : [type, name], flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, ['flotilla render deployment/web -n shop -C eu-west'])
}

export function addDrift(program: Command, terminal: Terminal): void {
  const command = program
    .command('drift')
    .argument('[type]', 'TYPE/NAME of a template (default: all of the namespace)')
    .argument('[name]', 'its name, when TYPE stands alone')
    .summary('where members differ from what is stated')
    .description(
      'Lists the fields that differ on members from what the hub states, who changed them and when. Exit code 1 when any does.',
    )
    .option('-C, --clusters <which>', 'names with commas between, a label selector, or all', 'all')
    .option('-n, --namespace <name>', 'namespace (default: the one of the context)')
    .option('-A, --all-namespaces', 'templates of all namespaces')
    .addOption(timeoutOption('one cluster'))
    .addOption(new OutputOption('json', 'yaml'))
    .action(
      async (type: string | undefined, name: string | undefined, flags: RenderFlags & { allNamespaces?: boolean }) => {
        const { runDrift } = await import('../decisions/run-drift.ts')
        await runDrift(
          [type, name].filter((arg) => arg !== undefined),
          flags,
          terminal,
        )
      },
    )
  withHubOptions(command)
  withExamples(command, ['flotilla drift -A', 'flotilla drift deployment/web -n shop -C eu-west -o json'])
}
