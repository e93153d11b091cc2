// flotilla completion: scripts for shells. They ask `flotilla __complete` for what fits.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { withExamples } from './options.ts'

export function addCompletion(program: Command, terminal: Terminal): void {
  const command = program
    .command('completion')
    .argument('<shell>', 'bash, zsh or fish')
    .summary('print a completion script')
    .description('Prints a script that completes verbs, options and their values, clusters, types and names.')
    .action(async (shell: string) => {
      const { completionScript } = await import('../completion/scripts.ts')
      terminal.out(completionScript(shell))
    })
  withExamples(command, [
    'source <(flotilla completion bash)',
    'flotilla completion zsh > "${fpath[1]}/_flotilla"',
    'flotilla completion fish > ~/.config/fish/completions/flotilla.fish',
  ])
  program
    .command('__complete', { hidden: true })
    .argument('[words...]', 'the words after flotilla, the last of them unfinished')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (words: readonly string[]) => {
      const { completeWords } = await import('../completion/complete.ts')
      terminal.out((await completeWords(program, words, terminal)).map((word) => `${word}\n`).join(''))
    })
}
