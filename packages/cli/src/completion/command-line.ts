// A command line that is being typed: which verb, which options so far, and what its last word is to be.
import type { Command, Option } from 'commander'

export interface CommandLine {
  /** Undefined while the verb itself is being typed. */
  readonly verb: string | undefined
  /** Undefined for a verb that there is not. */
  readonly command: Command | undefined
  /** Values of options so far, by long name: `--namespace`. */
  readonly options: ReadonlyMap<string, string>
  /** Words before the last that are neither verb, option nor value of one. */
  readonly args: readonly string[]
  /** The option whose value is being typed. */
  readonly option: Option | undefined
  /** What is typed of the last word, or of the value in it. */
  readonly unfinished: string
  /** What of the last word comes before `unfinished`, such as `--clusters=`. */
  readonly before: string
}

/** `words`: those after `flotilla`, the last of them unfinished. */
export function readCommandLine(program: Command, words: readonly string[]): CommandLine {
  const [verb, ...rest] = words.slice(0, -1)
  const last = words.at(-1) ?? ''
  const command = program.commands.find((one) => one.name() === verb)
  const options = new Map<string, string>()
  const args: string[] = []
  let option: Option | undefined
  for (const word of rest) {
    if (option !== undefined) {
      options.set(option.long ?? '', word)
      option = undefined
    } else if (word.startsWith('-')) {
      const [name, value] = splitOnce(word)
      const found = findOption(command, name)
      if (found?.required !== true) continue
      if (value === undefined) option = found
      else options.set(found.long ?? '', value)
    } else args.push(word)
  }
  const common = { verb, command, options, args }
  if (option === undefined && last.startsWith('--') && last.includes('=')) {
    const [name, value = ''] = splitOnce(last)
    return { ...common, option: findOption(command, name), unfinished: value, before: `${name}=` }
  }
  return { ...common, option, unfinished: last, before: '' }
}

function findOption(command: Command | undefined, name: string): Option | undefined {
  return command?.options.find(({ short, long }) => short === name || long === name)
}

function splitOnce(word: string): readonly [string, string?] {
  const at = word.indexOf('=')
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)]
}

export interface JoinedWords {
  readonly words: readonly string[]
  /** How much of the last word the shell counts as a word before it. */
  readonly hidden: number
}

/** bash takes `=` for a word of its own: joins `--clusters`, `=`, `eu` to one word again. */
export function joinAtEquals(words: readonly string[]): JoinedWords {
  const joined: string[] = []
  let isOpen = false
  for (const word of words) {
    if ((word === '=' && joined.length > 0) || isOpen) joined.push(`${joined.pop() ?? ''}${word}`)
    else joined.push(word)
    isOpen = word === '='
  }
  const isSplit = words.length > joined.length && (words.at(-1) === '=' || words.at(-2) === '=')
  return { words: joined, hidden: isSplit ? (joined.at(-1) ?? '').lastIndexOf('=') + 1 : 0 }
}
