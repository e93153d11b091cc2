// Text of others, safe on a person's screen: a member could otherwise move the cursor, or hide what it says.

/** Control characters are written as JSON writes them; lines end and tabs stay. */
export function plain(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is replaced
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, escaped)
}

/** Of one line: as `plain`, without ends of lines and tabs. */
export function plainLine(text: string): string {
  return plain(text).replace(/[\n\t]/g, escaped)
}

const names: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escaped(character: string): string {
  const name = names[character]
  if (name !== undefined) return name
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
