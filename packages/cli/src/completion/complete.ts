// What may come next on a command line: verbs, options, names of clusters.
import { clusterResource } from '@flotilla/api/cluster'
import type { Command } from 'commander'
import { createCommandEnv } from '../command-env.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'

/** A person waits for it. */
const namesWithinMs = 1_500
/** Verbs whose first words are names of clusters. */
const clusterVerbs = new Set(['clusters', 'unjoin'])
const clusterOptions = new Set(['-C', '--clusters', '--confirm'])

/** Candidates for the last of `words`, which may be empty. */
export async function completeWords(
  program: Command,
  words: readonly string[],
  terminal: Terminal,
): Promise<readonly string[]> {
  const unfinished = words.at(-1) ?? ''
  const all = await candidates(program, words.slice(0, -1), unfinished, terminal)
  return [...new Set(all)].filter((word) => word.startsWith(unfinished)).sort()
}

async function candidates(
  program: Command,
  before: readonly string[],
  unfinished: string,
  terminal: Terminal,
): Promise<readonly string[]> {
  const [verb] = before
  if (verb === undefined) return unfinished.startsWith('-') ? optionsOf(program) : verbsOf(program)
  const command = program.commands.find((one) => one.name() === verb)
  if (verb === 'help') return verbsOf(program)
  if (command === undefined) return []
  if (unfinished.startsWith('-')) return optionsOf(command)
  const previous = before.at(-1) ?? ''
  if (clusterOptions.has(previous))
    return [...(previous === '--confirm' ? [] : ['all']), ...(await clusterNames(terminal))]
  if (verb === 'completion') return ['bash', 'zsh', 'fish']
  if (verb === 'doctor') return before.length === 1 ? ['cluster'] : clusterNames(terminal)
  return clusterVerbs.has(verb) ? clusterNames(terminal) : []
}

function verbsOf(program: Command): readonly string[] {
  return [...program.commands.map((command) => command.name()).filter((name) => !name.startsWith('__')), 'help']
}

function optionsOf(command: Command): readonly string[] {
  return ['--help', ...command.options.flatMap(({ long }) => long ?? [])]
}

/** None when the hub cannot be asked: completion never complains. */
async function clusterNames(terminal: Terminal): Promise<readonly string[]> {
  try {
    await using hub = await connectHub(createCommandEnv(), terminal, {})
    const signal = AbortSignal.timeout(namesWithinMs)
    return (await hub.api.list(clusterResource, { signal })).items.map(({ metadata }) => metadata.name)
  } catch {
    return []
  }
}
