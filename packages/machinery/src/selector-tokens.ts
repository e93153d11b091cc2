// Cuts the text of a label selector into words and symbols.

export interface Token {
  readonly kind: 'word' | 'symbol' | 'end'
  readonly text: string
}

const symbols = ['==', '!=', '=', '!', '(', ')', ',', '>', '<']

/** Always ends with a token of kind `end`. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const rest = text[at] ?? ''
    if (' \t\r\n'.includes(rest)) {
      at += 1
      continue
    }
    const symbol = symbols.find((candidate) => text.startsWith(candidate, at))
    const token: Token =
      symbol === undefined ? { kind: 'word', text: wordAt(text, at) } : { kind: 'symbol', text: symbol }
    tokens.push(token)
    at += token.text.length
  }
  tokens.push({ kind: 'end', text: '' })
  return tokens
}

function wordAt(text: string, start: number): string {
  let end = start
  while (end < text.length && !' \t\r\n=!(),><'.includes(text[end] ?? '')) end += 1
  return text.slice(start, end)
}
