// What would change on members, in words: a paragraph for each object and cluster. Pure.
import type { FieldDifference } from '@flotilla/machinery/diff'
import { stringify } from 'yaml'
import type { ObjectDiff } from './diff-on-member.ts'

const heads: Readonly<Record<ObjectDiff['change'], string>> = {
  Created: 'created',
  Changed: 'changed',
  Deleted: 'deleted',
  Orphaned: 'stays, and is left to the cluster',
  Refused: "refused: somebody else's object is there, and the policy's conflictResolution leaves it alone",
}

export function diffText(diffs: readonly ObjectDiff[]): string {
  return diffs.map(paragraphOf).join('\n')
}

function paragraphOf({ object, cluster, change, held, fields, stated }: ObjectDiff): string {
  const head = `${object} on ${cluster}: ${heads[change]}${held === undefined ? '' : ` once it may be: ${held}`}\n`
  const created = stated === undefined ? [] : marked('+', stringify(stated))
  return [head, ...created, ...fields.flatMap(fieldLines)].join('')
}

function fieldLines({ path, before, after }: FieldDifference): readonly string[] {
  if (isText(before) || isText(after)) {
    const [old, now] = [linesOf(before), linesOf(after)]
    const start = old.findIndex((line, index) => line !== now[index])
    const first = start < 0 ? old.length : start
    const same = old.toReversed().findIndex((line, index) => line !== now[now.length - 1 - index])
    const tail = Math.max(0, Math.min(same < 0 ? old.length : same, old.length - first, now.length - first))
    const cut = (lines: readonly string[]) => lines.slice(first, lines.length - tail)
    return [
      `  ${path}: from line ${first + 1}\n`,
      ...marked('-', cut(old).join('\n')),
      ...marked('+', cut(now).join('\n')),
    ]
  }
  return [`  ${path}: ${shown(before)} -> ${shown(after)}\n`]
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.includes('\n')
}

function linesOf(value: unknown): readonly string[] {
  if (value === undefined) return []
  return (typeof value === 'string' ? value : JSON.stringify(value)).split('\n')
}

function marked(sign: string, text: string): readonly string[] {
  if (text === '') return []
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => `  ${sign} ${line}\n`)
}

function shown(value: unknown): string {
  return value === undefined ? '<nothing>' : JSON.stringify(value)
}
