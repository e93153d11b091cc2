// Shows what adopting objects of members would change, and consents to it.
import { adoptAnnotation, hubLabel } from '@flotilla/api/group'
import { withConsent } from '@flotilla/control-plane/delivery/consent'
import { isOurEntry } from '@flotilla/control-plane/members/row'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { createCommandEnv } from '../command-env.ts'
import type { AdoptFlags } from '../commands/adopt.ts'
import { driftIn, lookAtPlaced, type Drifted } from '../decisions/drift-on-member.ts'
import { driftTable } from '../decisions/drift-table.ts'
import { readTemplate } from '../decisions/read-binding.ts'
import { Renderer, titleOf, type RenderedOn } from '../decisions/rendering.ts'
import { Exit, exitCodes, reportFailure } from '../exit.ts'
import { formatValue, parseValueFormat, type ValueFormat } from '../output/print-value.ts'
import { askAll, openFleet, reportFailures } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import { findKind, parseOne } from '../reach/kinds.ts'
import type { Terminal } from '../terminal.ts'

/** An object of a member that carries the name of a template and is not ours. */
interface Foreign {
  readonly cluster: string
  readonly uid: string
  /** The hub that has placed it: it is not to be had. */
  readonly hub: string | undefined
  /** What adopting it would change. */
  readonly fields: readonly Drifted[]
}

export async function runAdopt(args: readonly string[], flags: AdoptFlags, terminal: Terminal): Promise<void> {
  try {
    await adopt(args, flags, terminal)
  } catch (error) {
    // 1 says that something would change.
    if (flags.dryRun !== true || error instanceof Exit) throw error
    reportFailure(terminal, error)
    throw new Exit(exitCodes.diffFailed)
  }
}

async function adopt(args: readonly string[], flags: AdoptFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const from = await readTemplate(hub.api, args, flags.namespace ?? hub.namespace)
  await using fleet = await openFleet({ env, hub: hub.api, clusters: flags.clusters, timeoutMs: flags.timeout })
  const renderer = new Renderer(env, hub.api)
  const { answers, failures } = await askAll(fleet, (api, member) =>
    lookAtPlaced(renderer, [from], member, api, (template, placed) => foreignIn(template, placed)),
  )
  const foreign = answers.flatMap(({ value }) => value)
  terminal.out(await reportText(from.template, foreign, format, env.clock.now()))
  reportFailures(terminal, failures)
  const free = foreign.filter((one) => one.hub === undefined)
  if (flags.dryRun !== true && free.length > 0) {
    await consent(hub.api, await findKind(hub.api, parseOne(args).type, 'the hub'), from.template, free)
    const where = free.map(({ cluster }) => cluster).join(', ')
    terminal.err(`${titleOf(from.template)}: will be adopted on ${where}. Next: flotilla status\n`)
  }
  if (failures.length > 0) throw new Exit(exitCodes.partial)
  if (flags.dryRun === true && free.some(({ fields }) => fields.length > 0)) throw new Exit(exitCodes.differs)
}

function foreignIn(template: KubeObject, placed: RenderedOn): readonly Foreign[] {
  const { live, cluster, rendered } = placed
  const own = rendered.object.metadata.labels?.[hubLabel]
  if (live === undefined) return []
  const hub = live.metadata.labels?.[hubLabel]
  const isOurs = hub === own || (hub === undefined && live.metadata.managedFields?.some(isOurEntry) === true)
  if (isOurs) return []
  return [{ cluster, uid: live.metadata.uid ?? '', hub, fields: driftIn(template, placed) }]
}

async function reportText(
  template: KubeObject,
  foreign: readonly Foreign[],
  format: ValueFormat,
  now: number,
): Promise<string> {
  if (format !== 'text') return formatValue(foreign, format)
  const title = titleOf(template)
  if (foreign.length === 0) return `Nothing to adopt: members have no ${title} that is not ours\n`
  const fields = foreign.flatMap((one) => (one.hub === undefined ? one.fields : []))
  const lines = foreign.map(({ cluster, hub, fields: own }) => {
    if (hub !== undefined) return `${title} on ${cluster}: hub ${hub} placed it; it is left alone\n`
    if (own.length === 0) return `${title} on ${cluster}: nothing would change\n`
    return `${title} on ${cluster}: ${own.length} ${own.length === 1 ? 'field' : 'fields'} would change\n`
  })
  return `${lines.join('')}${fields.length === 0 ? '' : `\n${driftTable(fields, now)}`}`
}

/** Refused with Conflict when the template has changed since it was read: what was shown may no longer hold. */
async function consent(
  hub: KubeApi,
  resource: Resource,
  template: KubeObject,
  foreign: readonly Foreign[],
): Promise<void> {
  const { uid, resourceVersion } = template.metadata
  const value = withConsent(
    template,
    foreign.map((one) => one.uid),
  )
  const patch = { metadata: { uid, resourceVersion, annotations: { [adoptAnnotation]: value } } }
  await hub.patch(resource, template.metadata, { type: 'merge', patch }, { fieldManager: 'flotilla-adopt' })
}
