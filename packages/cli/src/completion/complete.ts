// What may come next on a command line: verbs, options and their values, clusters, types, names.
import type { Command, Option } from 'commander'
import { OutputOption } from '../commands/options.ts'
import type { Terminal } from '../terminal.ts'
import { joinAtEquals, readCommandLine, type CommandLine } from './command-line.ts'
import { hubNames, type HubNames } from './hub-names.ts'
import { shells } from './scripts.ts'

/** Candidates for the last of `words`, which may be empty. */
export async function completeWords(
  program: Command,
  words: readonly string[],
  terminal: Terminal,
): Promise<readonly string[]> {
  const { words: joined, hidden } = joinAtEquals(words)
  const line = readCommandLine(program, joined)
  const [kubeconfig, context] = [line.options.get('--kubeconfig'), line.options.get('--context')]
  const options = { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) }
  const all = await candidates(program, line, hubNames(terminal, options))
  const fitting = [...new Set(all)].filter((word) => word.startsWith(line.unfinished)).sort()
  return fitting.map((word) => `${line.before}${word}`.slice(hidden))
}

async function candidates(program: Command, line: CommandLine, hub: HubNames): Promise<readonly string[]> {
  const { verb, command, option, unfinished, args } = line
  if (verb === undefined) return unfinished.startsWith('-') ? optionsOf(program) : verbsOf(program)
  if (option !== undefined) return valuesOf(option, unfinished, hub)
  if (verb === 'help') return args.length === 0 ? verbsOf(program) : []
  if (command === undefined || line.before !== '') return []
  if (unfinished.startsWith('-')) return optionsOf(command)
  return (await argumentsOf.get(verb)?.(line, hub)) ?? []
}

function verbsOf(program: Command): readonly string[] {
  return [...program.commands.map((command) => command.name()).filter((name) => !name.startsWith('__')), 'help']
}

function optionsOf(command: Command): readonly string[] {
  return ['--help', ...command.options.flatMap(({ long }) => long ?? [])]
}

async function valuesOf(option: Option, unfinished: string, hub: HubNames): Promise<readonly string[]> {
  // A template follows the equals sign.
  if (option instanceof OutputOption) return option.formats.map((format) => format.replace(/=.*/, '='))
  if (option.argChoices !== undefined) return option.argChoices
  switch (option.long) {
    case '--clusters':
      return inList(unfinished, ['all', ...(await hub.clusters())])
    case '--lose':
    case '--drain':
      return inList(unfinished, await hub.clusters())
    case '--like':
    case '--confirm':
      return hub.clusters()
    case '--namespace':
      return hub.namespaces()
    default:
      return []
  }
}

/** Names for the last of those that stand with commas between. */
function inList(unfinished: string, names: readonly string[]): readonly string[] {
  const before = unfinished.slice(0, unfinished.lastIndexOf(',') + 1)
  if (before === '') return names
  const given = new Set(before.split(','))
  return names.filter((name) => name !== 'all' && !given.has(name)).map((name) => `${before}${name}`)
}

type Arguments = (line: CommandLine, hub: HubNames) => Promise<readonly string[]> | readonly string[]

/** TYPE, TYPE/NAME or TYPE NAME. */
const objects: Arguments = async ({ args, options, unfinished }, hub) => {
  const [type = unfinished.slice(0, Math.max(0, unfinished.indexOf('/')))] = args
  if (type === '') return hub.types()
  const names = await hub.objects(type, options.get('--namespace'))
  return args.length === 0 ? names.map((name) => `${type}/${name}`) : names.filter((name) => !args.includes(name))
}

/** What each verb takes besides options. */
const argumentsOf: ReadonlyMap<string, Arguments> = new Map([
  ['clusters', async ({ args }, hub) => (await hub.clusters()).filter((name) => !args.includes(name))],
  ['unjoin', ({ args }, hub) => (args.length === 0 ? hub.clusters() : [])],
  ['doctor', ({ args }, hub) => (args.length === 0 ? ['cluster'] : args.length === 1 ? hub.clusters() : [])],
  ['completion', ({ args }) => (args.length === 0 ? shells : [])],
  ...['get', 'describe', 'explain', 'why-not', 'render', 'drift', 'adopt', 'approve', 'withdraw'].map(
    (verb) => [verb, objects] as const,
  ),
])
