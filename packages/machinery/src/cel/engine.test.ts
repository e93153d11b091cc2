import { describe, expect, it } from 'vitest'
import { cel } from './engine.ts'

/** The value of an expression over one object, `o`. */
function valueOf(source: string, o: unknown = null): unknown {
  return cel.compile(source, { variables: ['o'] }).evaluate({ o })
}

const deployment = {
  spec: { replicas: 3 },
  status: { replicas: 3, progress: 0.5, conditions: [{ type: 'Ready', status: 'True' }], missing: null },
}

describe('compile()', () => {
  it.each([
    ['whole numbers are ints', 'o.spec.replicas + 1', 4],
    ['others are doubles', 'o.status.progress * 2.0', 1],
    ['conditions', 'o.status.conditions.exists(c, c.type == "Ready" && c.status == "True")', true],
    ['what is there', 'has(o.status.progress) && !has(o.status.other)', true],
    ['null is a value', 'o.status.missing == null', true],
    ['maps and lists', '{"a": [1, 2].map(x, x * 2), "b": o.spec}', { a: [2, 4], b: { replicas: 3 } }],
    ['own fields only', 'has(o.constructor) || has(o.spec.toString)', false],
    ['text', '"a-b-c".split("-").join("+") + "x".upperAscii()', 'a+b+cX'],
    ['durations', 'duration("90s") > duration("1m")', true],
    ['timestamps', 'timestamp("2026-01-01T00:00:00Z") - timestamp("2025-12-31T00:00:00Z") == duration("24h")', true],
    ['nothing given', 'o == null', false],
  ])('evaluates %s: %s', (_, source, want) => {
    expect(valueOf(source, deployment)).toEqual(want)
  })

  it('gives null for a variable that is not bound', () => {
    expect(cel.compile('o == null', { variables: ['o'] }).evaluate({})).toBe(true)
  })

  it('calls functions of ours on plain JSON', () => {
    const functions = { doubled: (value: unknown) => ({ twice: Number(value) * 2 }) }
    expect(cel.compile('doubled(4).twice + 1', { variables: [], functions }).evaluate({})).toBe(9)
  })

  it.each([
    ['a name that nothing gives', 'object.spec', 'there is no variable object; there are o'],
    ['a function that does not exist', 'o.sizes()', 'there is no function sizes()'],
    ['a name inside a loop', '[1].all(x, y > x)', 'there is no variable y; there are o, x'],
    ['a loop variable outside', '[1].all(x, x > 0) && x', 'there is no variable x; there are o'],
    ['syntax', 'o..a', '<input>:1:2: found . but expecting'],
    ['nothing', '', 'expecting'],
    ['depth', `${'('.repeat(4000)}1${')'.repeat(4000)}`, 'it is nested too deeply'],
    ['size', '1 + '.repeat(3000), 'it has 12000 characters, and 10000 is the most'],
  ])('refuses %s before it runs', (_, source, reason) => {
    expect(() => valueOf(source)).toThrow(reason)
  })

  it.each([
    ['a field that is not there', 'o.spec.paused', 'field not found: paused'],
    ['types that do not go together', 'o.spec.replicas + 0.5', "no matching overload for '_+_'"],
    ['NaN', '0.0 / 0.0', 'the result is NaN'],
    ['a number that JSON would round', '9007199254740993', 'the result 9007199254740993 is out of range'],
    ['keys that are no text', '{1: 2}', 'the result has the key 1, no text'],
    ['a type', 'type(o)', 'the result is a type, map'],
  ])('says %s', (_, source, reason) => {
    expect(() => valueOf(source, deployment)).toThrow(reason)
  })

  const list = Array.from({ length: 1000 }, (_, index) => index)
  it.each([
    ['loops in loops', 'o.all(a, o.all(b, o.all(c, a + b + c >= 0)))'],
    ['loops that call nothing', 'o.all(a, o.all(b, o.all(c, true)))'],
    ['text that doubles', `${'["x".replace("x", "xxxxxxxxxxxxxxxx")]'}${'.map(s, s + s)'.repeat(40)}.map(s, [s, s])`],
    [
      'text that doubles in nested loops',
      `${Array.from({ length: 30 }, (_, n) => `[${n === 0 ? '"xxxxxxxx"' : `s${n - 1} + s${n - 1}`}].map(s${n}, `).join('')}1${')'.repeat(30)}`,
    ],
    ['text from replacements', `"${'x'.repeat(1000)}"${`.replace("", "${'y'.repeat(1000)}")`.repeat(4)}.size()`],
    ['comparisons', 'o.all(a, [o, o, o] == [o, o, o])'],
    ['patterns', `o.all(a, o.all(b, "${'a'.repeat(500)}".matches("(a?){200}a{200}")))`],
  ])('ends %s once the budget is spent', (_, source) => {
    expect(() => valueOf(source, list)).toThrow('costs more than 200000 steps')
  })

  it('starts each evaluation with the whole budget', () => {
    const program = cel.compile('o.all(a, o.all(b, true))', { variables: ['o'], budget: 50_000 })
    const values = Array.from({ length: 50 }, () => program.evaluate({ o: list.slice(0, 60) }))
    expect(new Set(values)).toEqual(new Set([true]))
  })

  it('converts only the fields that it reads', () => {
    const read: string[] = []
    const fields = { a: 1, b: { c: 2 }, d: undefined, e: null }
    const watched = new Proxy(fields, {
      get: (of, name, receiver) => (read.push(String(name)), Reflect.get(of, name, receiver) as unknown),
    })
    expect(valueOf('o.b.c', watched)).toBe(2)
    expect(read.filter((name) => name === 'a')).toEqual([])
    expect(valueOf('has(o.d) || size(o) != 3 || o.map(k, k) != ["a", "b", "e"]', fields)).toBe(false)
    expect(valueOf('o', fields)).toEqual({ a: 1, b: { c: 2 }, e: null })
  })

  it('calls functions of ours with as many arguments as they take', () => {
    const functions = { joined: (one: unknown, other: unknown) => `${String(one)}+${String(other)}` }
    expect(cel.compile('joined("a", 2)', { variables: [], functions }).evaluate({})).toBe('a+2')
  })

  it('can read a list of thousands', () => {
    const long = Array.from({ length: 5000 }, (_, index) => ({ replicas: index }))
    expect(valueOf('o.map(x, x.replicas).sum()', long)).toBe((4999 * 5000) / 2)
  })

  it('takes no pattern that explodes', () => {
    expect(valueOf(`"${'a'.repeat(40)}!".matches("^(a+)+$")`)).toBe(false)
  })
})
