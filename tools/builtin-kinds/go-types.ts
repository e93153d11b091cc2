// Reads the struct tags of Kubernetes' Go types: what OpenAPI does not say of a field is there.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface GoField {
  /** '' for an inline struct. */
  readonly json: string
  readonly type: string
  readonly omitEmpty: boolean
  readonly omitZero: boolean
  /** Undefined for a field that protobuf does not carry. */
  readonly number?: number
}

export interface GoTypes {
  /** Fields of a struct, by its package's import path and name; undefined when it is no struct. */
  fields(importPath: string, name: string): readonly GoField[] | undefined
  /** The declaration's right-hand side for a type that is no struct: `[]string`. */
  alias(importPath: string, name: string): string | undefined
}

interface Package {
  readonly structs: Map<string, readonly GoField[]>
  readonly aliases: Map<string, string>
}

/** `moduleDirs`: folder of each module by its path (`k8s.io/api`). */
export function readGoTypes(moduleDirs: ReadonlyMap<string, string>): GoTypes {
  const packages = new Map<string, Package>()
  const load = (importPath: string): Package => {
    const known = packages.get(importPath)
    if (known) return known
    const loaded = parsePackage(sourceOf(moduleDirs, importPath))
    packages.set(importPath, loaded)
    return loaded
  }
  return {
    fields: (importPath, name) => load(importPath).structs.get(name),
    alias: (importPath, name) => load(importPath).aliases.get(name),
  }
}

function sourceOf(moduleDirs: ReadonlyMap<string, string>, importPath: string): string {
  for (const [module, dir] of moduleDirs) {
    if (importPath !== module && !importPath.startsWith(`${module}/`)) continue
    const folder = join(dir, importPath.slice(module.length))
    if (!existsSync(folder)) return ''
    const files = readdirSync(folder).filter((file) => file.endsWith('.go') && !/_test\.go$|^zz_|generated/.test(file))
    return files.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n')
  }
  return ''
}

function parsePackage(source: string): Package {
  const structs = new Map<string, readonly GoField[]>()
  const aliases = new Map<string, string>()
  for (const [, name = '', body = ''] of source.matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm)) {
    structs.set(name, body.split('\n').flatMap(parseField))
  }
  for (const [, name = '', right = ''] of source.matchAll(/^type (\w+) (?!struct|interface)(\S+)/gm))
    aliases.set(name, right)
  return { structs, aliases }
}

function parseField(line: string): readonly GoField[] {
  const match = /^\t(?:(\w+)\s+)?(\S+)\s+`(.*)`/.exec(line)
  const json = /json:"([^"]*)"/.exec(match?.[3] ?? '')?.[1]
  if (!match || json === undefined || json === '-') return []
  const [name = '', ...options] = json.split(',')
  const number = /protobuf:"\w+,(\d+)/.exec(match[3] ?? '')?.[1]
  return [
    {
      json: options.includes('inline') ? '' : name,
      type: match[2] ?? '',
      omitEmpty: options.includes('omitempty'),
      omitZero: options.includes('omitzero'),
      ...(number === undefined ? {} : { number: Number(number) }),
    },
  ]
}
