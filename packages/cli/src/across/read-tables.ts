// Objects of one member as it prints them itself: its own Table, page by page.
import type { KubeClient } from '@flotilla/kube-client/client'
import { FlotillaError, fromStatus, isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { collectionPath, groupResourceOf, objectPath, type Resource } from '@flotilla/machinery/resource'
import { readNamed, type Named } from './named.ts'

export interface TableColumn {
  readonly name: string
  readonly type?: string
  readonly priority?: number
}

export interface TableRow {
  readonly cells: readonly unknown[]
  readonly object?: KubeObject
}

export interface Table {
  readonly columns: readonly TableColumn[]
  readonly rows: readonly TableRow[]
}

export interface Selection {
  readonly resource: Resource
  /** None: all namespaces. */
  readonly namespace?: string
  readonly names: readonly string[]
  readonly selector?: string
}

/** Each page is read while the one before is long done: members count what one request asks for. */
const pageSize = 500
const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'

/** One table, or one for each name. */
export async function readTables(api: KubeClient, selection: Selection): Promise<Named<Table>> {
  const { names } = selection
  if (names.length === 0) return { found: [await readPages(api, selection)], missing: [] }
  return readNamed(names, (name) => readOne(api, pathOf(selection, name), selection))
}

async function readPages(api: KubeClient, selection: Selection): Promise<Table> {
  const rows: TableRow[] = []
  let columns: readonly TableColumn[] = []
  let next = ''
  do {
    const query = new URLSearchParams({ limit: String(pageSize) })
    if (selection.selector !== undefined) query.set('labelSelector', selection.selector)
    if (next !== '') query.set('continue', next)
    // Only a list of all namespaces needs more than the cells: the namespace is in the metadata.
    if (selection.namespace !== undefined || !selection.resource.namespaced) query.set('includeObject', 'None')
    const page = await read(
      api,
      `${collectionPath(selection.resource, selection.namespace)}?${query.toString()}`,
      selection,
    )
    if (columns.length === 0) columns = page.columnDefinitions ?? []
    rows.push(...(page.rows ?? []))
    next = page.metadata?.continue ?? ''
  } while (next !== '')
  return { columns, rows }
}

async function readOne(api: KubeClient, path: string, selection: Selection): Promise<Table> {
  const { columnDefinitions = [], rows = [] } = await read(api, path, selection)
  return { columns: columnDefinitions, rows }
}

function pathOf({ resource, namespace }: Selection, name: string): string {
  return objectPath(resource, namespace !== undefined && resource.namespaced ? { name, namespace } : { name })
}

interface TableDocument {
  readonly columnDefinitions?: readonly TableColumn[]
  readonly rows?: readonly TableRow[]
  readonly metadata?: { readonly continue?: string }
}

async function read(api: KubeClient, path: string, { resource }: Selection): Promise<TableDocument> {
  const what = `Cannot get ${groupResourceOf(resource)}`
  const { code, body } = await api.raw({ path, accept }).catch((error: unknown) => {
    if (!isError(error)) throw error
    // The path says less to a person than the resource.
    const message = error.message.replace(`Cannot GET ${path}`, what)
    throw new FlotillaError(error.code, message, error.details, { cause: error })
  })
  if (code !== 200) throw fromStatus(code, body, what)
  return body as TableDocument
}
