// Objects in files, as `kubectl -f` finds them: files, folders and standard input, JSON or YAML, several to a file.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { FlotillaError } from '@flotilla/machinery/errors'
import { isObject, type JsonObject } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDict } from '@flotilla/machinery/untyped'
import { parseAllDocuments } from 'yaml'

/** `-`: standard input. Items of a List stand for themselves. @throws NotFound, Invalid naming file and place. */
export async function readFiles(paths: readonly string[]): Promise<readonly KubeObject[]> {
  const files = await Promise.all(paths.map(filesAt))
  const read = await Promise.all(files.flat().map(async (path) => ({ path, content: await readText(path) })))
  return read.flatMap(({ path, content }) => parseObjects(content, path))
}

async function filesAt(path: string): Promise<readonly string[]> {
  if (path === '-') return [path]
  const found = await stat(path).catch((error: unknown) => {
    throw new FlotillaError('NotFound', `Cannot read ${path}: ${messageOf(error)}`)
  })
  if (!found.isDirectory()) return [path]
  const names = (await readdir(path)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort()
  if (names.length > 0) return names.map((name) => join(path, name))
  throw new FlotillaError('NotFound', `Cannot read ${path}: no file in it ends in .yaml, .yml or .json`)
}

function readText(path: string): Promise<string> {
  return path === '-' ? text(process.stdin) : readFile(path, 'utf8')
}

function parseObjects(content: string, path: string): readonly KubeObject[] {
  const documents = parseAllDocuments(content)
  return [...documents].flatMap((document) => {
    const [broken] = document.errors
    if (broken !== undefined) throw new FlotillaError('Invalid', `Cannot read ${path}: ${broken.message}`)
    const value: unknown = document.toJS()
    return value === null || value === undefined ? [] : objectsIn(value, path)
  })
}

function objectsIn(value: unknown, path: string): readonly KubeObject[] {
  if (!isObject(value)) throw new FlotillaError('Invalid', `Cannot read ${path}: it holds no object`)
  const { apiVersion, kind, metadata, items } = value
  if (kind === 'List' && Array.isArray(items)) return items.flatMap((item) => objectsIn(item, path))
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new FlotillaError('Invalid', `Cannot read ${path}: an object in it says no apiVersion and kind`)
  }
  if (kind === 'Plan') return [{ ...value, metadata: asDict(metadata) } as unknown as KubeObject]
  const name = asDict(metadata)['name']
  if (typeof name === 'string' && name !== '') return [value as JsonObject & KubeObject]
  throw new FlotillaError('Invalid', `Cannot read ${path}: a ${kind} in it has no metadata.name`)
}

function messageOf(error: unknown): string {
  return (error as { code?: string }).code === 'ENOENT' ? 'there is no such file' : String(error)
}
