// flotilla diff: what files would change on members.
import type { Command } from 'commander'
import { Exit, exitCodes } from '../exit.ts'
import type { Terminal } from '../terminal.ts'
import type { RenderFlags } from './decisions.ts'
import { collect, OutputOption, timeoutOption, withExamples, withHubOptions } from './options.ts'

export interface DiffFlags extends RenderFlags {
  readonly filename?: readonly string[]
  readonly remove?: readonly string[]
  readonly selector?: string
}

export function addDiff(program: Command, terminal: Terminal): void {
  const command = program
    .command('diff')
    .summary('what files would change on members')
    .description(
      'Shows field by field what members would hold otherwise if templates, policies or overrides in files were applied to the hub, or objects deleted there, once every move is over. Nothing is written. Values of Secrets are hidden. Exit code 0: nothing differs; 1: something does; above 1: an error, or a cluster that did not answer.',
    )
    .option('-f, --filename <file>', 'file or folder with objects to apply; - is standard input', collect)
    .option('--remove <object>', 'as if TYPE/NAME, a template, policy or override, were deleted', collect)
    .option('-C, --clusters <which>', 'names with commas between, a label selector, or all', 'all')
    .option('-l, --selector <labels>', 'only templates with these labels')
    .option('-n, --namespace <name>', 'namespace of objects that say none (default: the one of the context)')
    .addOption(timeoutOption('one cluster'))
    .addOption(new OutputOption('json', 'yaml'))
    .action(async (flags: DiffFlags) => {
      const { runDiff } = await import('../diff/run-diff.ts')
      await runDiff(flags, terminal)
    })
  withHubOptions(command)
  // 1 says that something differs.
  command.exitOverride((error) => {
    throw error.exitCode === 0 ? error : new Exit(exitCodes.diffFailed)
  })
  withExamples(command, [
    'flotilla diff -f policy.yaml',
    'flotilla diff -f overrides/ -C eu-west',
    'flotilla diff --remove overridepolicy/eu-images -n shop -o json',
  ])
}
