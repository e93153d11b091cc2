// flotilla adopt: lets the hub take over objects that members have already.
import type { Command } from 'commander'
import { Exit, exitCodes } from '../exit.ts'
import type { Terminal } from '../terminal.ts'
import type { RenderFlags } from './decisions.ts'
import { OutputOption, timeoutOption, withExamples, withHubOptions } from './options.ts'

export interface AdoptFlags extends RenderFlags {
  readonly dryRun?: boolean
}

export function addAdopt(program: Command, terminal: Terminal): void {
  const command = program
    .command('adopt')
    .argument('<type>', 'TYPE/NAME of a template on the hub')
    .argument('[name]', 'its name, when TYPE stands alone')
    .summary('take over objects that members have already')
    .description(
      'Lets the hub adopt objects that are on members under the name of a template, and were not placed by it. Consent is given to each object, by its UID, in an annotation of the template, whatever conflictResolution of the policy says. ' +
        'With --dry-run it shows for each cluster the fields that would be taken over and change. An object of which nothing would change is the same afterwards, and its pods run on. Exit code of --dry-run 0: nothing would change; 1: something would; above 1: an error, or a cluster that did not answer.',
    )
    .option('--dry-run', 'only show what would change')
    .option('-C, --clusters <which>', 'names with commas between, a label selector, or all', 'all')
    .option('-n, --namespace <name>', 'namespace (default: the one of the context)')
    .addOption(timeoutOption('one cluster'))
    .addOption(new OutputOption('json', 'yaml'))
    .action(async (type: string, name: string | undefined, flags: AdoptFlags) => {
      const { runAdopt } = await import('../adopt/run-adopt.ts')
      await runAdopt(name === undefined ? [type] : [type, name], flags, terminal)
    })
  withHubOptions(command)
  // 1 says that something would change.
  command.exitOverride((error) => {
    throw error.exitCode === 0 ? error : new Exit(exitCodes.diffFailed)
  })
  withExamples(command, [
    'flotilla adopt deployment/web -n shop --dry-run',
    'flotilla adopt deployment/web -n shop -C eu-1',
  ])
}
