// Reads objects of all members at once and prints them as one list.
import { group } from '@flotilla/api/group'
import type { KubeClient } from '@flotilla/kube-client/client'
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import { createCommandEnv } from '../command-env.ts'
import type { AcrossFlags } from '../commands/get.ts'
import { Exit, exitCodes } from '../exit.ts'
import { formatObjects, listOf, parseFormat, type Format } from '../output/print-objects.ts'
import { formatTable } from '../output/table.ts'
import { askAll, openFleet, reportFailures, type Answers, type Fleet } from '../reach/fleet.ts'
import { connectHub, type HubConnection } from '../reach/hub-access.ts'
import { findKind, parseTarget } from '../reach/kinds.ts'
import type { Terminal } from '../terminal.ts'
import { mergeTables } from './merge-tables.ts'
import { readTable, type Selection } from './read-tables.ts'

export async function runGet(args: readonly string[], flags: AcrossFlags, terminal: Terminal): Promise<void> {
  const { type, names } = parseTarget(args)
  const format = parseFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  await using fleet = await openAcross(env, hub, flags)
  const select = (api: KubeClient, cluster: string) => selectionFor(api, cluster, { type, names, flags, hub })
  const failed =
    format.kind === 'table'
      ? await printTable(fleet, select, { isWide: format.isWide, flags }, terminal)
      : await printObjects(fleet, select, { format, isOne: names.length === 1 }, terminal)
  if (failed > 0) throw new Exit(failed === fleet.members.length ? exitCodes.failed : exitCodes.partial)
}

type Select = (api: KubeClient, cluster: string) => Promise<Selection>

export function openAcross(env: Env, hub: HubConnection, { clusters, timeout }: AcrossFlags): Promise<Fleet> {
  return openFleet({ env, hub: hub.api, clusters, timeoutMs: timeout })
}

export interface Asked {
  readonly type: string
  readonly names: readonly string[]
  readonly flags: AcrossFlags
  readonly hub: HubConnection
}

/** Each member is asked for the kind as it serves it. */
export async function selectionFor(
  api: KubeClient,
  cluster: string,
  { type, names, flags, hub }: Asked,
): Promise<Selection> {
  const resource = await findKind(api, type, `cluster ${cluster}`)
  const isEverywhere = flags.allNamespaces === true || !resource.namespaced
  return {
    resource,
    names,
    ...(isEverywhere ? {} : { namespace: flags.namespace ?? hub.namespace }),
    ...(flags.selector === undefined ? {} : { selector: flags.selector }),
  }
}

async function printTable(
  fleet: Fleet,
  select: Select,
  { isWide, flags }: { readonly isWide: boolean; readonly flags: AcrossFlags },
  terminal: Terminal,
): Promise<number> {
  let isNamespaced = false
  const { answers, failures } = splitNotFound(
    await askAll(fleet, async (api, { name }) => {
      const selection = await select(api, name)
      isNamespaced ||= selection.resource.namespaced
      return readTable(api, selection)
    }),
  )
  const found = answers.filter(({ value }) => value.rows.length > 0)
  const hasNamespaces = flags.allNamespaces === true && isNamespaced
  const { headings, rows } = mergeTables(found, { isWide, hasNamespaces, hasClusters: fleet.members.length > 1 })
  if (rows.length > 0) terminal.out(formatTable(headings, rows))
  else if (failures.length === 0) terminal.err('No resources found\n')
  reportFailures(terminal, failures)
  return failures.length
}

async function printObjects(
  fleet: Fleet,
  select: Select,
  { format, isOne }: { readonly format: Format; readonly isOne: boolean },
  terminal: Terminal,
): Promise<number> {
  const asked = await askAll(fleet, async (api, { name }) => readObjects(api, await select(api, name)))
  const { answers, failures } = splitNotFound(asked)
  const items = answers.flatMap(({ cluster, value }) => value.map((object) => withCluster(object, cluster)))
  const [only] = items
  const value = isOne && items.length === 1 && only !== undefined ? only : listOf(items)
  terminal.out(await formatObjects(value, format))
  reportFailures(terminal, failures)
  return failures.length
}

export async function readObjects(api: KubeClient, selection: Selection): Promise<readonly KubeObject[]> {
  const { resource, names, namespace, selector } = selection
  const place = namespace === undefined ? {} : { namespace }
  if (names.length > 0) return Promise.all(names.map((name) => api.get(resource, { name, ...place })))
  const items: KubeObject[] = []
  let next: string | undefined
  do {
    const page = await api.list(resource, {
      ...place,
      limit: 500,
      ...(selector === undefined ? {} : { labelSelector: selector }),
      ...(next === undefined ? {} : { continue: next }),
    })
    items.push(...page.items)
    next = page.continue
  } while (next !== undefined)
  return items
}

/** Says whose it is, in a place that every format shows. */
function withCluster(object: KubeObject, cluster: string): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  const annotations = { ...metadata.annotations, [`${group}/cluster`]: cluster }
  return { ...object, metadata: { ...metadata, annotations } }
}

/** An object that only some members have is no failure of the others. */
export function splitNotFound<T>({ answers, failures }: Answers<T>): Answers<T> {
  const others = failures.filter(({ error }) => !isError(error, 'NotFound'))
  const isNowhere = answers.length === 0 && others.length === 0
  return { answers, failures: isNowhere ? failures : others }
}
