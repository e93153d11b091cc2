// The tour in README.md: its commands in order, each with the output that it promises.
import { readFileSync } from 'node:fs'

export interface TourStep {
  readonly command: readonly string[]
  /** Lines; `…` stands for what differs from run to run, alone on a line for lines left out. */
  readonly output: readonly string[]
}

export function readTour(): readonly TourStep[] {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
  const blocks = [...readme.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
  return blocks.flatMap((block) => block.split(/^\$ /m).slice(1)).map(toStep)
}

function toStep(text: string): TourStep {
  const [command = '', ...output] = text.trimEnd().split('\n')
  return { command: splitWords(command), output }
}

/** Words as a shell splits them, single quotes included. */
function splitWords(line: string): readonly string[] {
  return [...line.matchAll(/(?:[^\s']+|'[^']*')+/g)].map(([word]) => word.replaceAll("'", ''))
}

/** What `printed` must match: runs of spaces count as one, since widths differ with what is left out. */
export function outputPattern(lines: readonly string[]): RegExp {
  const patterns = lines.map((line) => {
    if (line.trim() === '…') return '(?:.*\\n)*?'
    const parts = line
      .trimEnd()
      .split('…')
      .map((part) => part.split(/ +/).map(escaped).join(' +'))
    return `${parts.join('.*')}\\s*\\n`
  })
  return new RegExp(`^${patterns.join('')}`)
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
