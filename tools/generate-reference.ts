// Writes `docs/reference/KIND.md` from the kinds' schemas, and tells where the files are out of date.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openApiOf, toOpenApi } from '@flotilla/api/crd'
import { kinds } from '@flotilla/api/crds'
import type { KindDefinition } from '@flotilla/api/kind'
import { planSpecSchema, planStatusSchema } from '@flotilla/api/plan'
import { whyNotSchema } from '@flotilla/api/why-not'
import type { Schema } from '@flotilla/machinery/schema'

const folder = fileURLToPath(new URL('../docs/reference/', import.meta.url))

/** Text by file name. */
export function renderReference(): ReadonlyMap<string, string> {
  const pages = kinds.map((kind) => [`${fileNameOf(kind.resource.kind)}.md`, renderKind(kind)] as const)
  return new Map([...pages, ['plan.md', renderPlan()], ['why-not.md', renderWhyNot()], ['README.md', renderIndex()]])
}

/** Files that differ from what the schemas say, each with what to do; none: all is current. */
export async function checkReference(directory = folder): Promise<string[]> {
  const wanted = renderReference()
  const found = await readdir(directory).catch(() => [])
  const stale = found.filter((name) => name.endsWith('.md') && !wanted.has(name))
  const problems = stale.map((name) => `docs/reference/${name} is of no kind: delete it`)
  for (const [name, text] of wanted) {
    const current = await readFile(join(directory, name), 'utf8').catch(() => undefined)
    if (current !== text) problems.push(`docs/reference/${name} is out of date: run npm run gen`)
  }
  return problems
}

export async function writeReference(directory = folder): Promise<void> {
  await mkdir(directory, { recursive: true })
  for (const [name, text] of renderReference()) await writeFile(join(directory, name), text)
}

/** `ClusterPropagationPolicy` → `cluster-propagation-policy`. */
function fileNameOf(kind: string): string {
  return kind.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase()
}

function renderIndex(): string {
  const rows = kinds.map(({ resource, shortNames, description }) => [
    `[${resource.kind}](${fileNameOf(resource.kind)}.md)`,
    shortNames.map(code).join(', '),
    resource.namespaced ? 'namespace' : 'cluster',
    description,
  ])
  return page('Reference', [
    table(['Kind', 'Short name', 'Scope', 'Says'], rows),
    'Answers of the command line: [Plan](plan.md), [WhyNot](why-not.md).',
  ])
}

function renderPlan(): string {
  return page('Plan', [
    'What would move if something changed. `flotilla plan -f FILE` reads documents of this kind (`apiVersion: flotilla.dev/v1alpha1`, `kind: Plan`) beside the objects that would be applied, flags say the same, and `-o json` prints one with its `status`. It is answered, never stored: `kubectl` does not take it.',
    '## Fields',
    fieldTable('spec', toOpenApi(planSpecSchema)),
    '## Status',
    fieldTable('status', toOpenApi(planStatusSchema)),
  ])
}

function renderWhyNot(): string {
  const schema = toOpenApi(whyNotSchema)
  return page('WhyNot', [
    `${schema.description ?? ''} \`flotilla why-not -o json\` prints \`template\`, what was asked about, and \`answers\`, one for each of its workloads and each cluster; none: no policy selects it. Beside the fields below each says its \`workload\` (\`kind\`, \`namespace\`, \`name\`), which is not \`template\` where that only follows, and the \`policy\` that placed it.`,
    '## Fields',
    table(['Field', 'Type', 'Meaning'], childRows('answers[]', schema)),
  ])
}

function renderKind(kind: KindDefinition): string {
  const { group, version, plural, kind: name, namespaced } = kind.resource
  const { properties = {} } = openApiOf(kind)
  const parts = [
    kind.description,
    `\`${group}/${version}\`, ${namespaced ? 'in a namespace' : 'cluster-scoped'}; \`kubectl get ${plural}\`, short ${kind.shortNames.map(code).join(', ')}.`,
    '## Fields',
    fieldTable('spec', properties['spec'] ?? {}),
  ]
  if (kind.status !== undefined) parts.push('## Status', fieldTable('status', properties['status'] ?? {}))
  const columns = kind.columns.map((column) => [
    `${column.name}${column.priority === undefined ? '' : ' (wide)'}`,
    code(column.jsonPath),
    column.description,
  ])
  return page(name, [...parts, '## Columns', table(['Column', 'From', 'Shows'], columns)])
}

function fieldTable(path: string, schema: Schema): string {
  return table(['Field', 'Type', 'Meaning'], fieldRows(path, schema, true))
}

function fieldRows(path: string, schema: Schema, isRequired: boolean): readonly (readonly string[])[] {
  const meaning = `${schema.description ?? ''}${isRequired ? ' **Required.**' : ''}${limitsOf(schema)}`
  return [[code(path), typeOf(schema), meaning], ...childRows(path, schema)]
}

function childRows(path: string, schema: Schema): readonly (readonly string[])[] {
  if (schema.items !== undefined) {
    return schema.items.properties === undefined ? [] : childRows(`${path}[]`, schema.items)
  }
  const required = new Set(schema.required)
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    fieldRows(`${path}.${name}`, child, required.has(name)),
  )
}

function typeOf({ type, enum: values, items, additionalProperties, format }: Schema): string {
  if (values !== undefined) return values.map((value) => code(String(value))).join(', ')
  if (items !== undefined) return `list of ${typeOf(items)}`
  if (typeof additionalProperties === 'object') return `map of ${typeOf(additionalProperties)}`
  if (format === 'date-time') return 'time'
  return type ?? 'any'
}

function limitsOf(schema: Schema): string {
  const limits = [
    limit('from', schema.minimum),
    limit('to', schema.maximum),
    limit('at least', schema.minItems, ' items'),
    limit('at most', schema.maxItems, ' items'),
    limit('at most', schema.maxLength, ' characters'),
  ].filter((text) => text !== undefined)
  return limits.length === 0 ? '' : ` (${limits.join(', ')})`
}

function limit(word: string, bound: number | undefined, unit = ''): string | undefined {
  return bound === undefined ? undefined : `${word} ${bound}${bound === 1 ? unit.replace(/s$/, '') : unit}`
}

function code(text: string): string {
  return `\`${text}\``
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

function page(title: string, parts: readonly string[]): string {
  const notice = '<!-- Generated from packages/api by tools/generate-reference.ts; do not edit. -->'
  return `${[notice, `# ${title}`, ...parts].join('\n\n')}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeReference()
