import type { Interpreter, InterpreterSpec } from '@flotilla/api/interpreter'
import { loadCel } from '@flotilla/machinery/cel/program'
import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { Journal } from './journal.ts'
import { RuleBook } from './rule-book.ts'
import { RuleFailure } from './rule-failure.ts'

await loadCel()

const target = { group: 'example.com', kind: 'Widget' }
const kind = { apiVersion: 'example.com/v1', kind: 'Widget' }

function an(name: string, spec: Omit<InterpreterSpec, 'target'> & Partial<InterpreterSpec>): Interpreter {
  return { apiVersion: 'flotilla.dev/v1alpha1', kind: 'Interpreter', metadata: { name }, spec: { target, ...spec } }
}

function aWidget(spec: object = {}, status?: object): KubeObject {
  return { ...kind, metadata: { namespace: 'shop', name: 'w' }, spec, ...(status && { status }) }
}

const says = (expression: string) => ({ expression })

describe('rulesFor()', () => {
  const shipped = [an('flotilla/widget', { health: says('"Degraded"'), completion: says('false') })]

  test('knows nothing of other kinds', () => {
    expect(new RuleBook(shipped).rulesFor({ apiVersion: 'example.com/v1', kind: 'Gadget' })).toBeUndefined()
  })

  test("lets a person's rule count before one that comes with the hub, operation by operation", () => {
    const rules = new RuleBook([an('mine', { health: says('"Healthy"') })], new Journal(), shipped).rulesFor(kind)
    expect([rules?.interpreterOf('health'), rules?.interpreterOf('completion')]).toEqual(['mine', 'flotilla/widget'])
    expect(rules?.health(aWidget(), 'eu')).toEqual({ state: 'Healthy', message: '' })
  })

  test('lets the first by name count of two, whichever was made first', () => {
    const [a, b] = [
      an('a', { health: says('"Healthy"') }),
      an('b', { health: says('"Unknown"'), retain: { fields: ['spec.x'] } }),
    ]
    for (const own of [
      [a, b],
      [b, a],
    ]) {
      const book = new RuleBook(own)
      expect(book.rulesFor(kind)?.interpreterOf('health')).toBe('a')
      expect(book.overriderOf(b, 'health')).toBe('a')
      expect(book.overriderOf(b, 'retain')).toBeUndefined()
      expect(book.overriderOf(a, 'health')).toBeUndefined()
    }
  })

  test('lets one Interpreter say all of how replicas are divided', () => {
    const a = an('a', { replicas: { path: 'spec.size' } })
    const b = an('b', { components: says('[]') })
    const book = new RuleBook([a, b])
    expect(book.rulesFor(kind)?.has('components')).toBe(false)
    expect(book.overriderOf(b, 'components')).toBe('a')
  })

  test('goes by the version of the object', () => {
    const book = new RuleBook([an('old', { target: { ...target, versions: ['v1beta1'] }, health: says('"Unknown"') })])
    expect(book.rulesFor(kind)).toBeUndefined()
    expect(book.rulesFor({ ...kind, apiVersion: 'example.com/v1beta1' })?.has('health')).toBe(true)
  })
})

test('an Interpreter that is not accepted answers nothing, rather than leave its kind to be read without it', () => {
  const spec = { replicas: { path: 'spec.size' }, requirement: { path: 'spec.pod' }, health: says('"Healthy"') }
  const book = new RuleBook([an('w', spec)], new Journal(), [], new Map([['w', 'this version knows better']]))
  const rules = book.rulesFor(kind)
  for (const ask of [
    () => rules?.replicas(aWidget({ size: 3 })),
    () => rules?.withReplicas(aWidget({ size: 3 }), 1),
    () => rules?.pod(aWidget()),
    () => rules?.health(aWidget(), 'eu'),
  ]) {
    expect(ask).toThrow('failed: it is not accepted: this version knows better')
  }
})

describe('a rule', () => {
  function asked(spec: Omit<InterpreterSpec, 'target'>, journal = new Journal()) {
    const rules = new RuleBook([an('widgets', spec)], journal, []).rulesFor(kind)
    if (!rules) throw new Error('there are no rules')
    return rules
  }

  test('that names a path reads and writes replicas there', () => {
    const rules = asked({ replicas: { path: 'spec.pool.size', default: 4 } })
    expect(rules.replicas(aWidget({ pool: { size: 7 } }))).toBe(7)
    expect(rules.replicas(aWidget())).toBe(4)
    expect(rules.withReplicas(aWidget({ pool: { size: 7, name: 'a' } }), 2)['spec']).toEqual({
      pool: { size: 2, name: 'a' },
    })
  })

  test('that revises changes no more than it says, and never what the object is', () => {
    const rules = asked({
      replicas: says('object.spec.size * 2'),
      revise: says('{"kind": "Other", "metadata": {"name": "x"}, "spec": {"size": replicas / 2}}'),
    })
    expect(rules.replicas(aWidget({ size: 3 }))).toBe(6)
    expect(rules.withReplicas(aWidget({ size: 3, a: 1 }), 4)).toEqual(aWidget({ size: 2, a: 1 }))
  })

  test.each<{
    readonly name: string
    readonly spec: Omit<InterpreterSpec, 'target'>
    readonly ask: (rules: ReturnType<typeof asked>) => unknown
    readonly reason: string
  }>([
    {
      name: 'replicas that are text',
      spec: { replicas: says('"3"'), revise: says('{}') },
      ask: (rules) => rules.replicas(aWidget()),
      reason: '"3" is no number of replicas',
    },
    {
      name: 'replicas below 0',
      spec: { replicas: says('-1'), revise: says('{}') },
      ask: (rules) => rules.replicas(aWidget()),
      reason: '-1 is no number',
    },
    {
      name: 'text at the path of replicas',
      spec: { replicas: { path: 'spec.size' } },
      ask: (rules) => rules.replicas(aWidget({ size: 'x' })),
      reason: '"x" is no number',
    },
    {
      name: 'a revision that is none',
      spec: { replicas: says('1'), revise: says('replicas') },
      ask: (rules) => rules.withReplicas(aWidget(), 1),
      reason: '1 is no patch',
    },
    {
      name: 'components of one name',
      spec: { components: says('[1, 2].map(n, {"name": "a", "replicas": n})') },
      ask: (rules) => rules.components(aWidget()),
      reason: 'two components have one name',
    },
    {
      name: 'a component without a number',
      spec: { components: says('[{"name": "a"}]') },
      ask: (rules) => rules.components(aWidget()),
      reason: 'nothing is no number',
    },
    {
      name: 'a health that there is not',
      spec: { health: says('"Well"') },
      ask: (rules) => rules.health(aWidget(), 'eu'),
      reason: '"Well" is no health',
    },
    {
      name: 'a completion that is none',
      spec: { completion: says('1') },
      ask: (rules) => rules.isComplete(aWidget(), 'eu'),
      reason: '1 is neither true nor false',
    },
    {
      name: 'a follower of a kind that cannot follow',
      spec: { dependencies: says('[{"kind": "Node", "name": "a"}]') },
      ask: (rules) => rules.dependencies(aWidget()),
      reason: 'objects of kind "Node" cannot follow',
    },
    {
      name: 'a status that is too large',
      spec: { status: says(`{"a": [1, 2].map(n, "${'y'.repeat(6000)}")}`) },
      ask: (rules) => rules.status(aWidget(), 'eu'),
      reason: '10000 is the most',
    },
    {
      name: 'an error',
      spec: { health: says('object.status.phase') },
      ask: (rules) => rules.health(aWidget(), 'eu'),
      reason: 'field not found: status',
    },
  ])('fails for $name', ({ spec, ask, reason }) => {
    expect(() => ask(asked(spec))).toThrow(reason)
    expect(() => ask(asked(spec))).toThrow(RuleFailure)
  })

  test('is not asked again once it cost too much for three objects', () => {
    const rules = asked({
      health: says('object.spec.list.all(a, object.spec.list.all(b, true)) ? "Healthy" : "Unknown"'),
    })
    const large = aWidget({ list: Array.from({ length: 500 }, (_, n) => n) })
    for (let tries = 0; tries < 3; tries++)
      expect(() => rules.health({ ...large }, 'eu')).toThrow('costs more than 20000 steps')
    expect(() => rules.health(aWidget({ list: [] }), 'eu')).toThrow('is not asked again before it is changed')
  })

  test('adds up thousands of copies within its budget', () => {
    const rules = asked({
      aggregation: says('sums(copies.filter(c, c.reachable).map(c, c.status), ["ready", "none"])'),
    })
    const copies = Array.from({ length: 2_000 }, (_, n) => ({
      cluster: `c${n}`,
      status: { ready: 2, replicas: 3, updated: 3, available: 2 },
      health: 'Healthy',
      reachable: n % 2 === 0,
      observed: true,
    }))
    expect(rules.aggregation(aWidget(), copies)).toEqual({ ready: 2_000, none: 0 })
  })

  test('tells of failures until it answers, and how many more there are', () => {
    const journal = new Journal()
    const told: string[] = []
    journal.onChange((name) => told.push(name))
    const rules = asked({ health: says('object.status.phase') }, journal)
    for (const on of ['eu', 'us', 'eu']) expect(() => rules.health(aWidget(), on)).toThrow('field not found')
    expect(journal.failureOf('widgets')).toMatch(
      /^Rule health of Interpreter widgets failed: .*; for Widget shop\/w on eu \(health\) and 1 more$/,
    )
    for (const on of ['eu', 'us']) rules.health(aWidget({}, { phase: 'Healthy' }), on)
    expect(journal.failureOf('widgets')).toBeUndefined()
    expect(told).toEqual(['widgets', 'widgets', 'widgets', 'widgets'])
  })
})
