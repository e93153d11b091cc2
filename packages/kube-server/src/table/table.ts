// The server-side Table of kubectl: columns of a kind and one row per object.
import type { KubeObject } from '@flotilla/machinery/object'
import type { ServedResource } from '../served-resource.ts'
import { builtinColumns } from './builtin-columns.ts'
import type { Column, RowContext } from './column.ts'
import { customColumns } from './custom-columns.ts'
import { partialOf } from './partial.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableOptions extends RowContext {
  readonly include: IncludeObject
  readonly version: 'v1' | 'v1beta1'
  readonly resourceVersion?: string | undefined
  /** Rows only, for the later events of a watch. */
  readonly withoutColumns?: boolean
}

export interface Table {
  readonly kind: 'Table'
  readonly apiVersion: string
  readonly metadata: object
  readonly columnDefinitions: readonly object[] | null
  readonly rows: readonly object[]
}

const columnsByResource = new WeakMap<ServedResource, readonly Column[]>()

export function tableOf(resource: ServedResource, objects: readonly KubeObject[], options: TableOptions): Table {
  const columns = columnsOf(resource)
  const { resourceVersion } = options
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: resourceVersion === undefined ? {} : { resourceVersion },
    columnDefinitions: options.withoutColumns === true ? null : columns.map(definitionOf),
    rows: objects.map((object) => rowOf(columns, object, options)),
  }
}

function columnsOf(resource: ServedResource): readonly Column[] {
  const known = columnsByResource.get(resource)
  if (known !== undefined) return known
  const columns = resource.isCustom ? customColumns(resource) : builtinColumns(resource)
  columnsByResource.set(resource, columns)
  return columns
}

function definitionOf({ name, type, format, description, priority }: Column): object {
  return { name, type, format: format ?? '', description: description ?? '', priority: priority ?? 0 }
}

function rowOf(columns: readonly Column[], object: KubeObject, options: TableOptions): object {
  const cells = columns.map((column) => column.cell(object, options))
  if (options.include === 'None') return { cells, object: null }
  return { cells, object: options.include === 'Object' ? object : partialOf(object, options.version) }
}
