// flotilla interpret: what the hub reads of an object, by which rule.
import { interpreterOperations, type InterpreterOperation } from '@flotilla/api/interpreter-operations'
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { wholeNumber } from './numbers.ts'
import { collect, OutputOption, withExamples } from './options.ts'

export interface InterpretFlags {
  readonly filename: readonly string[]
  readonly operation?: readonly InterpreterOperation[]
  readonly replicas: number
  readonly output?: string
}

export function addInterpret(program: Command, terminal: Terminal): void {
  const command = program
    .command('interpret')
    .summary('what the hub reads of an object, by which rule')
    .description(
      'Shows what the hub would read of objects in files: replicas, pods, dependencies, health, status. Interpreters in the files count as if they were on the hub, before those that come with it. Asks no hub. Several objects of one name are a template and its copies, for aggregation. Exit code 1 when a rule fails.',
    )
    .requiredOption(
      '-f, --filename <file>',
      'file or folder with objects and Interpreters; - is standard input',
      collect,
    )
    .addOption(
      new Option('--operation <operation>', 'only this one; may be given several times (default: all)')
        .choices(interpreterOperations)
        .argParser(collectOperation),
    )
    .option('--replicas <number>', 'the share that revise writes', wholeNumber('--replicas', 0, 1_000_000), 1)
    .addOption(new OutputOption('json', 'yaml'))
    .action(async (flags: InterpretFlags) => {
      const { runInterpret } = await import('../interpret/run-interpret.ts')
      await runInterpret(flags, terminal)
    })
  withExamples(command, [
    'flotilla interpret -f workflow.yaml',
    'flotilla interpret -f cloneset.yaml -f my-rules.yaml --operation health',
    'kubectl get rayjob train -o yaml | flotilla interpret -f - --operation components -o json',
  ])
}

function collectOperation(
  value: string,
  before: readonly InterpreterOperation[] = [],
): readonly InterpreterOperation[] {
  const operation = interpreterOperations.find((each) => each === value)
  if (operation !== undefined) return [...before, operation]
  throw new InvalidArgumentError(`There are ${interpreterOperations.join(', ')}.`)
}
