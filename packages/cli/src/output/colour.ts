// Colours of states, where the terminal has any.
import type { Terminal } from '../terminal.ts'

export type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold'

const codes: Readonly<Record<Colour, string>> = { green: '32', yellow: '33', red: '31', dim: '2', bold: '1' }

export type Paint = (colour: Colour, text: string) => string

export function painter({ hasColour }: Pick<Terminal, 'hasColour'>): Paint {
  return (colour, text) => (hasColour ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text)
}
