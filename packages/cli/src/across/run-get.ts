// Reads objects of all members at once and prints them as one list.
import { group } from '@flotilla/api/group'
import type { KubeClient } from '@flotilla/kube-client/client'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Env } from '@flotilla/runtime/env'
import { createCommandEnv } from '../command-env.ts'
import type { AcrossFlags } from '../commands/get.ts'
import { formatObjects, listOf, parseFormat, type Format } from '../output/print-objects.ts'
import { formatTable } from '../output/table.ts'
import { askAll, exitOnFailures, openFleet, reportFailures, type Answers, type Fleet } from '../reach/fleet.ts'
import { connectHub, type HubConnection } from '../reach/hub-access.ts'
import { findKind, parseTarget, type Target } from '../reach/kinds.ts'
import { readSelector } from '../reach/selector.ts'
import type { Terminal } from '../terminal.ts'
import { mergeTables } from './merge-tables.ts'
import { exitOnMissing, readNamed, withoutNotFound, type Named } from './named.ts'
import { readTables, type Selection } from './read-tables.ts'

export async function runGet(args: readonly string[], flags: AcrossFlags, terminal: Terminal): Promise<void> {
  const target = parseTarget(args)
  checkScope(target, flags)
  const format = parseFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  await using fleet = await openAcross(env, hub, flags)
  const select = (api: KubeClient, cluster: string) => selectionFor(api, cluster, { ...target, flags, hub })
  const asked =
    format.kind === 'table'
      ? await printTable(fleet, select, { isWide: format.isWide, flags, hub, target }, terminal)
      : await printObjects(fleet, select, { format, target }, terminal)
  exitOnFailures(asked)
  exitOnMissing(terminal, target, asked)
}

/** What no member needs to be asked. @throws Invalid. */
export function checkScope({ type, names }: Target, { allNamespaces, selector }: AcrossFlags): void {
  if (selector !== undefined) readSelector(selector)
  if (names.length === 0) return
  const odd = allNamespaces === true ? '-A' : selector === undefined ? undefined : '-l'
  if (odd === undefined) return
  const why = `${odd} chooses objects and so does a name`
  throw new FlotillaError('Invalid', `Cannot read ${type} ${names.join(' ')} with ${odd}: ${why}. Next: leave one out`)
}

/** Where nothing was found. */
export function nothingFound({ flags, hub }: Pick<Asked, 'flags' | 'hub'>, isNamespaced: boolean): string {
  const isOne = isNamespaced && flags.allNamespaces !== true
  return `No resources found${isOne ? ` in namespace ${flags.namespace ?? hub.namespace}` : ''}\n`
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
  { isWide, flags, hub, target }: Pick<Asked, 'flags' | 'hub'> & { readonly isWide: boolean; readonly target: Target },
  terminal: Terminal,
): Promise<Answers<Named<unknown>>> {
  let isNamespaced = false
  const asked = await askAll(fleet, async (api, { name }) => {
    const selection = await select(api, name)
    isNamespaced ||= selection.resource.namespaced
    return readTables(api, selection)
  })
  const { answers, failures } = withoutNotFound(asked, target)
  const found = answers
    .flatMap(({ cluster, value }) => value.found.map((table) => ({ cluster, value: table })))
    .filter(({ value }) => value.rows.length > 0)
  const hasNamespaces = flags.allNamespaces === true && isNamespaced
  const { headings, rows } = mergeTables(found, { isWide, hasNamespaces, hasClusters: fleet.members.length > 1 })
  if (rows.length > 0) terminal.out(formatTable(headings, rows))
  else if (failures.length === 0) terminal.err(nothingFound({ flags, hub }, isNamespaced))
  reportFailures(terminal, failures)
  return { answers, failures }
}

async function printObjects(
  fleet: Fleet,
  select: Select,
  { format, target }: { readonly format: Format; readonly target: Target },
  terminal: Terminal,
): Promise<Answers<Named<unknown>>> {
  const asked = await askAll(fleet, async (api, { name }) => readObjects(api, await select(api, name)))
  const { answers, failures } = withoutNotFound(asked, target)
  const items = answers.flatMap(({ cluster, value }) => value.found.map((object) => withCluster(object, cluster)))
  const [only] = items
  const value = target.names.length === 1 && items.length === 1 && only !== undefined ? only : listOf(items)
  terminal.out(await formatObjects(value, format))
  reportFailures(terminal, failures)
  return { answers, failures }
}

export async function readObjects(api: KubeClient, selection: Selection): Promise<Named<KubeObject>> {
  const { resource, names, namespace, selector } = selection
  const place = namespace === undefined ? {} : { namespace }
  if (names.length > 0) return readNamed(names, (name) => api.get(resource, { name, ...place }))
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
  return { found: items, missing: [] }
}

/** Says whose it is, in a place that every format shows. */
function withCluster(object: KubeObject, cluster: string): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  const annotations = { ...metadata.annotations, [`${group}/cluster`]: cluster }
  return { ...object, metadata: { ...metadata, annotations } }
}
