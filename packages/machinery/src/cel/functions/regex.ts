// Regular expressions in RE2's language, which no pattern can make slow for long: `matches`, `find`, `findAll`.
import { celMethod, CelScalar, listType } from '@bufbuild/cel'
import type { CelFunc } from '@bufbuild/cel'
import { RE2JS } from 're2js'
import type { Meter } from '../meter.ts'

const { BOOL, INT, STRING } = CelScalar
/** Character times instruction of the pattern that cost one step. */
const perStep = 16

/** A match costs the text's length times the pattern's size, paid before. */
export function regexFunctions(meter: Pick<Meter, 'spend'>): readonly CelFunc[] {
  const patterns = new Map<string, RE2JS>()
  const matcherOf = (pattern: string, text: string) => {
    const compiled = patterns.get(pattern) ?? compile(pattern, meter)
    patterns.set(pattern, compiled)
    if (patterns.size > 16) patterns.delete(patterns.keys().next().value ?? '')
    meter.spend((text.length * compiled.programSize()) / perStep)
    return compiled.matcher(text)
  }
  const all = (pattern: string, text: string, limit: number): string[] => {
    const matcher = matcherOf(pattern, text)
    const found: string[] = []
    while (found.length < limit && matcher.find()) found.push(matcher.group() ?? '')
    return found
  }
  return [
    celMethod('matches', STRING, [STRING], BOOL, function (pattern) {
      return matcherOf(pattern, this).find()
    }),
    celMethod('find', STRING, [STRING], STRING, function (pattern) {
      return all(pattern, this, 1)[0] ?? ''
    }),
    celMethod('findAll', STRING, [STRING], listType(STRING), function (pattern) {
      return all(pattern, this, Infinity)
    }),
    celMethod('findAll', STRING, [STRING, INT], listType(STRING), function (pattern, limit) {
      return all(pattern, this, limit < 0n ? Infinity : Number(limit))
    }),
  ]
}

function compile(pattern: string, meter: Pick<Meter, 'spend'>): RE2JS {
  const compiled = RE2JS.compile(pattern)
  meter.spend(compiled.programSize())
  return compiled
}
