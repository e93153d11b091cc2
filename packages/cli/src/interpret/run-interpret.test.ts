import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { flotilla } from '../../test/test-terminal.ts'

const page = await readFile(new URL('../../../../docs/interpreter.md', import.meta.url), 'utf8')
const folder = await mkdtemp(join(tmpdir(), 'flotilla-interpret-'))
afterAll(() => rm(folder, { recursive: true }))

/** The block of the page that follows `before`. */
function block(before: RegExp): string {
  const found = new RegExp(`${before.source}([\\s\\S]*?)\`\`\``).exec(page)?.[1]
  if (found === undefined) throw new Error(`docs/interpreter.md has no ${before.source}`)
  return found
}

async function aFile(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

const interpreted = (...args: readonly string[]) => flotilla(['interpret', ...args])

const pool = await aFile('pool.yaml', block(/```yaml\n# pool\.yaml\n/))
const rules = await aFile('pools.yaml', block(/```yaml\n# pools\.yaml\n/))

test('flotilla interpret prints what docs/interpreter.md says', async () => {
  const { code, out } = await interpreted('-f', pool, '-f', rules, '--replicas', '2')
  expect(out).toBe(block(/\$ flotilla interpret -f pool\.yaml -f pools\.yaml --replicas 2\n/))
  expect(code).toBe(0)
})

test('flotilla interpret knows nothing of a kind without its rules but what every kind has', async () => {
  const { out } = await interpreted('-f', pool, '--operation', 'replicas', '--operation', 'health')
  expect(out).toMatch(/replicas +<none> +<none>\nhealth +built in +Healthy\n$/)
})

test('flotilla interpret takes objects of one name as a template and its copies', async () => {
  const { out } = await interpreted(
    '-f',
    pool,
    '-f',
    pool,
    '-f',
    pool,
    '-f',
    rules,
    '--operation',
    'aggregation',
    '-o',
    'json',
  )
  const answer = { operation: 'aggregation', by: 'pools', answer: { up: 8, clusters: 2 } }
  expect(JSON.parse(out)).toEqual([
    { apiVersion: 'example.com/v1', kind: 'Pool', namespace: 'shop', name: 'crunch', operations: [answer] },
  ])
})

test('flotilla interpret names rule and cause of a rule that fails', async () => {
  const text = block(/```yaml\n# pools\.yaml\n/).replace('object.spec.settingsFrom', 'object.spec.settings')
  const { code, out } = await interpreted(
    '-f',
    pool,
    '-f',
    await aFile('failing.yaml', text),
    '--operation',
    'dependencies',
  )
  expect(out).toContain('Error: Rule dependencies of Interpreter pools failed: ')
  expect(out).toContain('field not found: settings')
  expect(code).toBe(1)
})

test('flotilla interpret names the place in a rule that does not compile', async () => {
  const text = block(/```yaml\n# pools\.yaml\n/).replace('object.spec.settingsFrom', 'object.spec..settingsFrom')
  const { code, err } = await interpreted('-f', pool, '-f', await aFile('broken.yaml', text))
  expect(err).toMatch(/"pools" is invalid: spec\.dependencies\.expression: .*<input>:1:\d+: found \./)
  expect(code).toBe(1)
})

test('flotilla interpret needs an object besides Interpreters', async () => {
  const { code, err } = await interpreted('-f', rules)
  expect(err).toContain(`Cannot interpret anything in ${rules}: there is no object but Interpreters`)
  expect(code).toBe(1)
})
