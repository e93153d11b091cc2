// Writes `docs/reference/KIND.md` from the kinds' schemas, of reviews `KIND.schema.json` too, and tells where the files
// are out of date.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openApiOf, toOpenApi } from '@flotilla/api/crd'
import { kinds } from '@flotilla/api/crds'
import type { KindDefinition } from '@flotilla/api/kind'
import { openApiOfReview, type ReviewDefinition } from '@flotilla/api/review'
import { reviews } from '@flotilla/api/reviews'
import type { Schema } from '@flotilla/machinery/schema'

const folder = fileURLToPath(new URL('../docs/reference/', import.meta.url))

/** Text by file name. */
export function renderReference(): ReadonlyMap<string, string> {
  const pages = kinds.map((kind) => [`${fileNameOf(kind.resource.kind)}.md`, renderKind(kind)] as const)
  const answers = reviews.flatMap((review) => {
    const name = fileNameOf(review.resource.kind)
    return [[`${name}.md`, renderReview(review)] as const, [`${name}.schema.json`, renderSchema(review)] as const]
  })
  return new Map([...pages, ...answers, ['README.md', renderIndex()]])
}

/** Files that differ from what the schemas say, each with what to do; none: all is current. */
export async function checkReference(directory = folder): Promise<string[]> {
  const wanted = renderReference()
  const found = await readdir(directory).catch(() => [])
  const stale = found.filter((name) => /\.(md|json)$/.test(name) && !wanted.has(name))
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
    '## Reviews',
    'Asked by creating them, answered at once and never stored.',
    table(
      ['Kind', 'JSON schema', 'Says'],
      reviews.map(({ resource: { kind }, description }) => {
        const name = fileNameOf(kind)
        return [`[${kind}](${name}.md)`, `[${name}.schema.json](${name}.schema.json)`, description]
      }),
    ),
  ])
}

function renderReview({ resource, description, spec, status }: ReviewDefinition): string {
  const { group, version, plural, kind } = resource
  const name = fileNameOf(kind)
  const verb = commands.get(kind)
  return page(kind, [
    description,
    `\`${group}/${version}\`, cluster-scoped, asked and never stored: the embedded hub answers \`kubectl create -f FILE -o yaml\` in \`status\`, with what whoever asks may read himself. On every hub \`flotilla ${verb} -o json\` prints the same. Right: \`create\` on \`${plural}\`, which everybody who is signed in has. [JSON schema of the answer](${name}.schema.json).`,
    '## Fields',
    fieldTable('spec', toOpenApi(spec)),
    '## Status',
    fieldTable('status', toOpenApi(status)),
  ])
}

const commands: ReadonlyMap<string, string> = new Map([
  ['Explanation', 'explain'],
  ['WhyNot', 'why-not'],
  ['Plan', 'plan'],
])

/** As JSON Schema: what OpenAPI adds for Kubernetes says nothing of values. */
function renderSchema(review: ReviewDefinition): string {
  const { group, version, kind } = review.resource
  const id = `https://${group}/schemas/${version}/${fileNameOf(kind)}.schema.json`
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', $id: id, title: kind }
  const plain = (key: string, value: unknown) => (key.startsWith('x-kubernetes-') ? undefined : value)
  return `${JSON.stringify({ ...schema, ...openApiOfReview(review, 'answer') }, plain, 2)}\n`
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
