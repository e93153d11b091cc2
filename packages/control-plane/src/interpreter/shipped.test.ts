// The Interpreters that come with the hub, against objects as their kinds' own documentation has them.
import { readdirSync, readFileSync } from 'node:fs'
import { admissionRules } from '@flotilla/api/admission'
import { interpreterOperations, type InterpreterOperation } from '@flotilla/api/interpreter-operations'
import { loadCel } from '@flotilla/machinery/cel/program'
import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { parseYaml } from '@flotilla/kube-server/http/yaml'
import { interpret } from '../what-if/interpret.ts'
import { RuleBook } from './rule-book.ts'
import { shippedInterpreters } from './shipped.ts'

interface Fixture {
  readonly name: string
  readonly object: KubeObject
  readonly copies?: readonly KubeObject[]
  readonly want: Partial<Record<InterpreterOperation, unknown>>
}

const folder = new URL('../../interpreters/fixtures/', import.meta.url)
const fixtures = new Map(
  readdirSync(folder).map((file) => [
    `flotilla/${file.replace(/\.yaml$/, '')}`,
    parseYaml(readFileSync(new URL(file, folder), 'utf8')) as readonly Fixture[],
  ]),
)
const rules = new RuleBook([])
await loadCel()

describe.each(shippedInterpreters.map((each) => [each.metadata.name, each] as const))('%s', (name, interpreter) => {
  const own = fixtures.get(name) ?? []

  test('is one that admission takes', () => {
    expect(admissionRules.get('Interpreter')?.check(interpreter)).toEqual([])
  })

  test('has a fixture for each of its rules', () => {
    const shown = new Set(own.flatMap(({ want }) => Object.keys(want)))
    const said = interpreterOperations.filter((operation) => interpreter.spec[operation] !== undefined)
    expect(said.filter((operation) => !shown.has(operation))).toEqual([])
  })

  test.each(own)('reads $name', ({ object, copies = [], want }) => {
    const asked = interpreterOperations.filter((operation) => operation in want)
    const answers = interpret(asked, { object, copies, share: 2, now: 0 }, rules)
    const got = Object.fromEntries(answers.map(({ operation, answer, failure }) => [operation, failure ?? answer]))
    expect(got).toEqual(want)
  })
})

test('every fixture is of an Interpreter', () => {
  const names = shippedInterpreters.map(({ metadata }) => metadata.name)
  expect([...fixtures.keys()].filter((name) => !names.includes(name))).toEqual([])
})
