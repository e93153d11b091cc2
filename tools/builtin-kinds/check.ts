// Tells without Go and without a server whether the generated data of built-in kinds is current: by the hashes of
// what it was made from, and of itself.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')
const inputsFile = 'packages/machinery/src/builtin/inputs.json'

export const outputs = {
  schemas: 'packages/machinery/src/builtin/schemas.json',
  resources: 'packages/machinery/src/builtin/resources.json',
  protobuf: 'packages/kube-server/src/protobuf/tables.json',
} as const

export { inputsFile, root }

/** SHA-256 of every input and output, by path. */
export function hashes(): Readonly<Record<string, string>> {
  const own = readdirSync(join(root, 'tools/builtin-kinds')).filter(
    (name) => name !== 'check.ts' && !name.includes('.test.'),
  )
  const inputs = [
    'testbed/go.sum',
    'tools/generate-builtin-kinds.ts',
    ...own.map((name) => `tools/builtin-kinds/${name}`),
  ]
  const paths = [...inputs.toSorted(), ...Object.values(outputs)]
  return Object.fromEntries(paths.map((path) => [path, hashOf(path)]))
}

/** What is out of date, one sentence each; empty when all is current. */
export function checkGenerated(): string[] {
  const recorded = JSON.parse(readFileSync(join(root, inputsFile), 'utf8')) as Readonly<Record<string, string>>
  const present = hashes()
  const paths = new Set([...Object.keys(recorded), ...Object.keys(present)])
  return [...paths]
    .filter((path) => recorded[path] !== present[path])
    .map(
      (path) =>
        `${path} changed since the data of built-in kinds was generated: run node tools/generate-builtin-kinds.ts`,
    )
}

function hashOf(path: string): string {
  return createHash('sha256')
    .update(readFileSync(join(root, path)))
    .digest('hex')
}
