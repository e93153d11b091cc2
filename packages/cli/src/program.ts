// The command line: every verb, its options and its help. What a verb does is loaded when it is run.
import { Command, CommanderError } from 'commander'
import { addApprove } from './commands/approve.ts'
import { addAdopt } from './commands/adopt.ts'
import { addClusters } from './commands/clusters.ts'
import { addCordon, addDrain, addUncordon } from './commands/cordon.ts'
import { addFailover } from './commands/failover.ts'
import { addFreeze } from './commands/freeze.ts'
import { addMoves } from './commands/moves.ts'
import { addCompletion } from './commands/completion.ts'
import { addControllers } from './commands/controllers.ts'
import { addDrift, addExplain, addRender, addWhyNot } from './commands/decisions.ts'
import { addDescribe } from './commands/describe.ts'
import { addDiff } from './commands/diff.ts'
import { addGet } from './commands/get.ts'
import { addDoctor, addStatus } from './commands/health.ts'
import { addInstall } from './commands/install.ts'
import { addInterpret } from './commands/interpret.ts'
import { addJoin } from './commands/join.ts'
import { addPlan } from './commands/plan.ts'
import { addPrune } from './commands/prune.ts'
import { addRebalance } from './commands/rebalance.ts'
import { addStart } from './commands/start.ts'
import { addTakeover } from './commands/takeover.ts'
import { addUnjoin } from './commands/unjoin.ts'
import { addWithdraw } from './commands/withdraw.ts'
import { reportFailure } from './exit.ts'
import type { Terminal } from './terminal.ts'
import { readVersion } from './version.ts'

/** In the order of the help. */
const verbs: readonly ((program: Command, terminal: Terminal) => void)[] = [
  addStart,
  addStatus,
  addDoctor,
  addJoin,
  addUnjoin,
  addClusters,
  addCordon,
  addUncordon,
  addDrain,
  addGet,
  addDescribe,
  addExplain,
  addWhyNot,
  addPlan,
  addDiff,
  addRebalance,
  addFailover,
  addFreeze,
  addMoves,
  addApprove,
  addWithdraw,
  addPrune,
  addRender,
  addDrift,
  addAdopt,
  addTakeover,
  addInterpret,
  addControllers,
  addInstall,
  addCompletion,
]

/** Runs `flotilla ARGS` and gives its exit code; never throws. */
export async function runFlotilla(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(verbFirst(args), { from: 'user' })
    return 0
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode
    return reportFailure(terminal, error)
  }
}

export function createProgram(terminal: Terminal): Command {
  const program = new Command('flotilla')
    .description('Manage many Kubernetes clusters as one.')
    .version(readVersion(), '--version', 'print the version')
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text.replace(/^error: /, 'Error: ')),
    })
    .showSuggestionAfterError()
    .showHelpAfterError('Next: flotilla --help')
    .exitOverride()
    .helpCommand(true)
  for (const add of verbs) add(program, terminal)
  for (const command of program.commands) command.showHelpAfterError(`Next: flotilla ${command.name()} --help`)
  return program
}

/** Those that every verb has which talks to the hub. */
const sharedOptions = new Set(['--kubeconfig', '--context', '-n', '--namespace'])

/** As kubectl takes them: options of the verb may come before it. `version` is what other tools call `--version`. */
function verbFirst(args: readonly string[]): readonly string[] {
  let at = 0
  while (sharedOptions.has(args[at]?.split('=')[0] ?? '')) at += args[at]?.includes('=') ? 1 : 2
  const [verb, ...rest] = args.slice(at)
  if (verb === undefined) return args
  return verb === 'version' && at === 0 ? ['--version'] : [verb, ...args.slice(0, at), ...rest]
}
