// flotilla plan: what would move before any change.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import type { DecisionFlags } from './decisions.ts'
import { factor } from './numbers.ts'
import { collect, OutputOption, withExamples, withHubOptions } from './options.ts'

export interface PlanFlags extends DecisionFlags {
  readonly filename?: readonly string[]
  readonly remove?: readonly string[]
  readonly lose?: readonly string[]
  readonly drain?: readonly string[]
  readonly like?: string
  readonly as?: string
  readonly load?: number
  readonly selector?: string
  readonly prices?: number
  readonly clusters?: string
  readonly apply?: boolean
  readonly snapshot?: string
  readonly forceConflicts?: boolean
}

export function addPlan(program: Command, terminal: Terminal): void {
  const command = program
    .command('plan')
    .summary('what would move if something changed')
    .description(
      'Foretells what the hub would decide if files were applied, objects deleted, clusters lost, drained or added, or load or prices grew: which replicas move and in which order, what has no place, to the end of every move. Nothing is changed without --apply.',
    )
    .option(
      '-f, --filename <file>',
      'file or folder with objects to apply, or with a Plan; - is standard input',
      collect,
    )
    .option('--remove <object>', 'as if TYPE/NAME, a template or a policy, were deleted', collect)
    .option('--lose <clusters>', 'as if these were not there, as after unjoin --force; commas between', collect)
    .option('--drain <clusters>', 'as if these had a taint flotilla.dev/drain:NoExecute; commas between', collect)
    .option('--like <cluster>', 'as if there were one more cluster, as free as this one is; with --as')
    .option('--as <name>', 'name of that cluster')
    .option(
      '--load <factor>',
      'as if workloads had so many times their replicas; with -n or -l only some',
      factor('--load', 'from 0', 1.5),
    )
    .option(
      '--prices <factor>',
      'as if everything cost so many times as much; with -C only on some clusters',
      factor('--prices', 'from 0', 1.5),
    )
    .option(
      '-C, --clusters <which>',
      'clusters whose prices change: names with commas between, a label selector, or all',
    )
    .option('-l, --selector <labels>', 'label selector of the templates whose load changes')
    .option(
      '-n, --namespace <name>',
      'namespace of objects that say none (default: the one of the context), and of --load',
    )
    .addOption(new OutputOption('json', 'yaml', 'wide'))
    .option('--apply', 'applies the files once the plan is shown, if it still holds')
    .option('--snapshot <name>', 'with --apply: only if the plan is still the one that printed this')
    .option('--force-conflicts', 'takes fields that others own, as kubectl apply --server-side does')
    .action(async (flags: PlanFlags) => {
      const { runPlan } = await import('../what-if/run-plan.ts')
      await runPlan(flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, [
    'flotilla plan -f policy.yaml',
    'flotilla plan -f policy.yaml --apply',
    'flotilla plan --remove deployment/web -n shop',
    'flotilla plan --lose eu-west --load 1.5 -n shop',
    'flotilla plan --like eu-west --as eu-north -o json',
  ])
}
