// Prints what files would change on members, and exits as kubectl diff does.
import { preparePlan } from '@flotilla/control-plane/what-if/plan-now'
import { getOptional } from '@flotilla/control-plane/what-if/would-be'
import type { ObjectId } from '@flotilla/control-plane/object-id'
import { discover } from '@flotilla/machinery/discovery'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { matchesLabels } from '@flotilla/machinery/selector'
import { createCommandEnv } from '../command-env.ts'
import type { DiffFlags } from '../commands/diff.ts'
import { Renderer } from '../decisions/rendering.ts'
import { Exit, exitCodes, reportFailure } from '../exit.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { askAll, openFleet, reportFailures, type FleetMember } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import { readSelector } from '../reach/selector.ts'
import type { Terminal } from '../terminal.ts'
import { isPlan } from '../what-if/plan-spec.ts'
import { readFiles } from '../what-if/read-files.ts'
import { refOf } from '../what-if/ref-of.ts'
import { concernedBy } from './concerned.ts'
import { diffOnMember, type Asked, type ObjectDiff, type TemplatePair } from './diff-on-member.ts'
import { diffText } from './diff-text.ts'
import { readSides, type Sides } from './hub-views.ts'

/** How many objects of one member are read at once. */
const concurrency = 16

/** Exit codes: 0 none, 1 differs, above 1 an error. */
export async function runDiff(flags: DiffFlags, terminal: Terminal): Promise<void> {
  try {
    await diff(flags, terminal)
  } catch (error) {
    if (error instanceof Exit) throw error
    reportFailure(terminal, error)
    throw new Exit(exitCodes.diffFailed)
  }
}

async function diff(flags: DiffFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const { filename = [], remove = [], selector } = flags
  if (filename.length + remove.length === 0) {
    throw new FlotillaError(
      'Invalid',
      'Cannot tell differences: nothing would change. Next: -f FILE, or --remove TYPE/NAME',
    )
  }
  const isMeant = prepareMeant(selector)
  const files = await readFiles(filename)
  if (files.some(isPlan)) {
    throw new FlotillaError(
      'Invalid',
      'Cannot tell differences of a Plan: it is no object. Next: flotilla plan -f FILE',
    )
  }
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const namespace = flags.namespace ?? hub.namespace
  const refs = await Promise.all(remove.map((text) => refOf(hub.api, text, namespace)))
  const spec = { apply: files as readonly object[] as readonly Record<string, unknown>[], remove: refs }
  const asked = await preparePlan(hub.api, spec, { namespace, force: true })
  const sides = await readSides(env, hub.api, asked)
  const pairs = (await readPairs(hub.api, sides)).filter(isMeant)
  await using fleet = await openFleet({ env, hub: hub.api, clusters: flags.clusters, timeoutMs: flags.timeout })
  const renderer = new Renderer(env, hub.api)
  const { answers, failures } = await askAll(fleet, (api, member) =>
    diffOn({ env, renderer, sides }, pairs, member, api),
  )
  const diffs = answers.flatMap(({ value }) => value)
  if (format !== 'text') terminal.out(await formatValue(diffs, format))
  else if (diffs.length > 0) terminal.out(diffText(diffs))
  else if (failures.length === 0) terminal.err(`No differences on ${fleet.members.length} clusters\n`)
  reportFailures(terminal, failures)
  if (failures.length > 0) throw new Exit(exitCodes.partial)
  if (diffs.length > 0) throw new Exit(exitCodes.differs)
}

/** A template that is put on the hub, taken away or looked at. */
function prepareMeant(text: string | undefined): (pair: TemplatePair) => boolean {
  if (text === undefined) return () => true
  const selector = readSelector(text)
  return ({ before, after }) =>
    [before, after].some((each) => each && matchesLabels(selector, each.metadata.labels ?? {}))
}

async function readPairs(hub: KubeApi, sides: Sides): Promise<readonly TemplatePair[]> {
  const refs = [...concernedBy(sides)]
  if (refs.length === 0) return []
  const discovery = await discover(hub)
  return Promise.all(
    refs.map(async ([id, { apiVersion, kind, namespace, name }]) => {
      const resource = discovery.find(apiVersion, kind)
      const key = namespace === undefined ? { name } : { name, namespace }
      const before = resource && (await getOptional(hub, resource, key))
      return { id, before, after: afterOf(sides, id, before) }
    }),
  )
}

function afterOf({ put, removed }: Sides, id: ObjectId, before: KubeObject | undefined): KubeObject | undefined {
  return removed.has(id) ? undefined : (put.get(id) ?? before)
}

async function diffOn(
  asked: Asked,
  pairs: readonly TemplatePair[],
  member: FleetMember,
  api: KubeApi,
): Promise<readonly ObjectDiff[]> {
  const found: ObjectDiff[] = []
  for (let start = 0; start < pairs.length; start += concurrency) {
    const batch = pairs.slice(start, start + concurrency)
    const parts = await Promise.all(batch.map((pair) => diffOnMember(asked, pair, member, api)))
    found.push(...parts.filter((part) => part !== undefined))
  }
  return found
}
