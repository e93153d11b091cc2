// Writes the wire format of protobuf: messages are the concatenation of their fields.

/** A field of text, bytes or an encoded message. */
export function field(number: number, value: string | Buffer): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

export function flag(number: number, value: boolean): Buffer {
  return Buffer.concat([varint(number * 8), varint(value ? 1 : 0)])
}

export function message(fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields)
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Buffer.from([...bytes, rest])
}
