// Prints the fields that differ on members from what is stated there.
import type { KubeClient } from '@flotilla/kube-client/client'
import { driftOf, type FieldDrift } from '@flotilla/control-plane/delivery/drift'
import { builtinSchemaOf } from '@flotilla/control-plane/members/member-kinds'
import { discover } from '@flotilla/machinery/discovery'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { apiVersionOf } from '@flotilla/machinery/resource'
import { createCommandEnv } from '../command-env.ts'
import type { RenderFlags } from '../commands/decisions.ts'
import { Exit, exitCodes } from '../exit.ts'
import { ageOf } from '../output/age.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { formatTable } from '../output/table.ts'
import { askAll, exitOnFailures, openFleet, reportFailures, type FleetMember } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import {
  listBindings,
  listClusterBindings,
  type TemplateAndBindings,
} from '@flotilla/control-plane/what-if/template-bindings'
import { readTemplate } from './read-binding.ts'
import { Renderer, titleOf, untyped, withoutMarks, type RenderedOn } from './rendering.ts'

export interface DriftFlags extends RenderFlags {
  readonly allNamespaces?: boolean
}

interface Drifted extends FieldDrift {
  readonly object: string
  readonly cluster: string
}

/** How many objects of one member are read at once. */
const concurrency = 16

export async function runDrift(args: readonly string[], flags: DriftFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const namespace = flags.namespace ?? hub.namespace
  const templates =
    args.length > 0
      ? [await readTemplate(hub.api, args, namespace)]
      : await readPlaced(hub.api, flags.allNamespaces ? undefined : namespace)
  await using fleet = await openFleet({ env, hub: hub.api, clusters: flags.clusters, timeoutMs: flags.timeout })
  const renderer = new Renderer(env, hub.api)
  const { answers, failures } = await askAll(fleet, (api, member) => driftOn(renderer, templates, member, api))
  const drifted = answers.flatMap(({ value }) => value)
  if (format !== 'text') terminal.out(await formatValue(drifted, format))
  else if (drifted.length > 0) terminal.out(driftTable(drifted, env.clock.now()))
  else if (failures.length === 0)
    terminal.err(noDriftText(templates.length, flags.allNamespaces ? undefined : namespace))
  reportFailures(terminal, failures)
  if (drifted.length > 0) throw new Exit(exitCodes.failed)
  exitOnFailures({ answers, failures })
}

/** `namespace`: the only one that was looked at. */
function noDriftText(count: number, namespace: string | undefined): string {
  if (count > 0) return 'No drift: members hold what is stated\n'
  return namespace === undefined
    ? 'Nothing is placed on members. Next: flotilla status\n'
    : `Nothing of namespace ${namespace} is placed on members. Next: flotilla drift -A\n`
}

/** Every template that a binding places, with its bindings. None: all namespaces and cluster-scoped ones. */
async function readPlaced(hub: KubeApi, namespace: string | undefined): Promise<readonly TemplateAndBindings[]> {
  const bindings = await listBindings(hub, namespace)
  const all = namespace === undefined ? [...bindings, ...(await listClusterBindings(hub))] : bindings
  const discovery = await discover(hub)
  const byUid = new Map(
    all.flatMap(({ spec }) => [...spec.workloads, ...(spec.followers ?? [])].map(({ ref }) => [ref.uid, ref] as const)),
  )
  const read = [...byUid.values()].map(async (ref): Promise<TemplateAndBindings[]> => {
    const resource = discovery.find(ref.apiVersion, ref.kind)
    const key = ref.namespace === undefined ? { name: ref.name } : { name: ref.name, namespace: ref.namespace }
    const template = resource && (await hub.get(resource, key).catch(ignoreNotFound))
    if (template === undefined || template.metadata.uid !== ref.uid) return []
    const claiming = all.filter(({ spec }) =>
      [...spec.workloads, ...(spec.followers ?? [])].some((one) => one.ref.uid === ref.uid),
    )
    return [{ template, binding: undefined, bindings: claiming }]
  })
  return (await Promise.all(read)).flat()
}

function ignoreNotFound(error: unknown): undefined {
  if (isError(error, 'NotFound')) return undefined
  throw error
}

async function driftOn(
  renderer: Renderer,
  templates: readonly TemplateAndBindings[],
  member: FleetMember,
  api: KubeClient,
): Promise<readonly Drifted[]> {
  const found: Drifted[] = []
  for (let start = 0; start < templates.length; start += concurrency) {
    const batch = templates.slice(start, start + concurrency)
    const parts = await Promise.all(
      batch.map(async (from) => {
        const placed = await renderer.render(from, member, api)
        return placed === undefined ? [] : driftIn(from.template, placed)
      }),
    )
    found.push(...parts.flat())
  }
  return found
}

function driftIn(template: KubeObject, { cluster, rendered, kind, settings, live }: RenderedOn): readonly Drifted[] {
  const object = titleOf(template)
  if (live === undefined) {
    return [{ object, cluster, path: '', wanted: 'the object', found: undefined, manager: undefined, since: undefined }]
  }
  const schema = kind.schema ?? builtinSchemaOf(apiVersionOf(kind.resource), kind.resource.kind) ?? untyped
  const fields = driftOf(withoutMarks(rendered.object), live, schema, settings.ignoreFields)
  return fields.map((field) => ({ object, cluster, ...field }))
}

function driftTable(drifted: readonly Drifted[], now: number): string {
  const rows = drifted.map(({ object, cluster, path, wanted, found, manager, since }) => [
    object,
    cluster,
    path === '' ? '<missing>' : path,
    shown(wanted),
    shown(found),
    manager ?? '<none>',
    since === undefined ? '<unknown>' : ageOf(since, now),
  ])
  return formatTable(['OBJECT', 'CLUSTER', 'FIELD', 'WANTED', 'FOUND', 'CHANGED BY', 'SINCE'], rows)
}

const longest = 60

function shown(value: unknown): string {
  if (value === undefined) return '<nothing>'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text
}
