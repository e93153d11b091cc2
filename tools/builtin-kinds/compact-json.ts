// Writes generated JSON small, yet with one line for each entry, so that a change shows as the lines that changed.
import { writeFileSync } from 'node:fs'

/** One line for each entry of `record`. */
export function writeRecord(path: string, record: Readonly<Record<string, unknown>>): void {
  const lines = Object.entries(record).map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
  writeFileSync(path, `{\n${lines.join(',\n')}\n}\n`)
}

/** One line for each element of each list in `lists`. */
export function writeLists(path: string, lists: Readonly<Record<string, readonly unknown[]>>): void {
  const parts = Object.entries(lists).map(([key, list]) => {
    return `${JSON.stringify(key)}:[\n${list.map((entry) => JSON.stringify(entry)).join(',\n')}\n]`
  })
  writeFileSync(path, `{\n${parts.join(',\n')}\n}\n`)
}
