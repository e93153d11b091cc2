// Makes the data of built-in kinds from a real kube-apiserver and the Go modules of `testbed/`. Needs Go.
//   node tools/generate-builtin-kinds.ts
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { startHub } from '../testbed/src/control-plane.ts'
import { sendJson } from '../testbed/src/request.ts'
import { hashes, inputsFile, outputs, root } from './builtin-kinds/check.ts'
import { writeLists, writeRecord } from './builtin-kinds/compact-json.ts'
import { stateDefaults } from './builtin-kinds/defaults.ts'
import { readGoTypes } from './builtin-kinds/go-types.ts'
import { protoNameOf } from './builtin-kinds/names.ts'
import { protoTables } from './builtin-kinds/proto-tables.ts'
import { readResources } from './builtin-kinds/resources.ts'
import { addSchemas, stateZeroValues } from './builtin-kinds/schemas.ts'
import type { SchemaSet } from './builtin-kinds/schemas.ts'

const modules = ['k8s.io/api', 'k8s.io/apimachinery', 'k8s.io/apiextensions-apiserver', 'k8s.io/kube-aggregator']
const moduleDirs = new Map(modules.map((module) => [module, goDirOf(module)]))
const goTypes = readGoTypes(moduleDirs)

await using server = await startHub({ name: 'generator' })
const schemas = await readSchemas()
stateZeroValues(schemas, goTypes)
stateDefaults(schemas)
const { groups, resources } = await readResources(fetchJson, schemas)
writeRecord(join(root, outputs.schemas), sorted(schemas))
writeLists(join(root, outputs.resources), { groups, resources })
writeRecord(join(root, outputs.protobuf), protoTables(moduleDirs.values(), rootMessages(schemas), goTypes))
writeRecord(join(root, inputsFile), hashes())

async function readSchemas(): Promise<SchemaSet> {
  const { paths } = (await fetchJson('/openapi/v3')) as {
    paths: Readonly<Record<string, { serverRelativeURL: string }>>
  }
  const into: SchemaSet = {}
  for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
    if (/^apis?\/.*v\d/.test(path)) addSchemas(await fetchJson(serverRelativeURL), into)
  }
  return into
}

/** Every schema's message, and the envelope around all of them. */
function rootMessages(set: SchemaSet): readonly string[] {
  return [...Object.keys(set).map(protoNameOf), 'k8s.io.apimachinery.pkg.runtime.Unknown']
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function goDirOf(module: string): string {
  return execFileSync('go', ['list', '-m', '-f', '{{.Dir}}', module], {
    cwd: join(root, 'testbed'),
    encoding: 'utf8',
  }).trim()
}

function fetchJson(path: string): Promise<unknown> {
  return sendJson(server, 'GET', path)
}
