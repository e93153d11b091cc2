// Prints what would move if something changed, and with --apply makes it so.
import { type Cluster, clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import type { PlanStatus } from '@flotilla/api/plan'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { changedParts } from '@flotilla/scheduler/plan/snapshot-name'
import { createCommandEnv } from '../command-env.ts'
import type { PlanFlags } from '../commands/plan.ts'
import { shortName } from '../output/print-objects.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { chooseClusters } from '../reach/fleet.ts'
import { connectHub, type HubConnection } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { applyAll, checkAppliable } from './apply.ts'
import { type Change, isCluster, planNow } from './change.ts'
import { editedCluster, newCluster } from './cluster-documents.ts'
import { isPlan, joinSpecs } from './plan-spec.ts'
import { planText } from './plan-text.ts'
import { readFiles } from './read-files.ts'
import { type WouldBe, wouldBe } from './would-be.ts'

export async function runPlan(flags: PlanFlags, terminal: Terminal): Promise<void> {
  const { filename = [], apply = false, snapshot, output } = flags
  const print = printer(output, terminal)
  if (snapshot !== undefined && !apply) {
    throw new FlotillaError(
      'Invalid',
      `Cannot use --snapshot ${snapshot}: it says what --apply must still find, and --apply is not given`,
    )
  }
  const files = await readFiles(filename)
  const [documents, plans] = [files.filter((file) => !isPlan(file)), files.filter(isPlan)]
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const { items: clusters } = await hub.api.list<Cluster>(clusterResource)
  const chosen = flags.clusters === undefined ? undefined : chooseClusters(clusters, flags.clusters)
  const spec = joinSpecs(plans, flags, chosen && namesOf(chosen))
  const registered = new Set(namesOf(clusters))
  if (apply) checkAppliable(spec, documents, registered)
  const { change, known } = await toChange(hub, documents, spec, registered, flags)
  const now = () => env.clock.now()
  const { status } = await planNow(hub.api, change, now())
  await print({ apiVersion, kind: 'Plan', spec, status })
  if (!apply) return
  const current = snapshot === undefined ? (await planNow(hub.api, change, now())).status : status
  checkSnapshot(snapshot ?? status.snapshot, current)
  await applyAll(hub.api, known, flags.forceConflicts === true, (object) =>
    terminal.err(`${shortName(object)} serverside-applied\n`),
  )
}

function namesOf(clusters: readonly Cluster[]): readonly string[] {
  return clusters.map(({ metadata }) => metadata.name)
}

/** `known`: objects that the hub was asked about, all but new clusters. Only what is applied may meet conflicts. */
async function toChange(
  hub: HubConnection,
  documents: readonly KubeObject[],
  spec: Change['spec'],
  registered: ReadonlySet<string>,
  { namespace = hub.namespace, forceConflicts, apply }: PlanFlags,
): Promise<{ readonly change: Change; readonly known: readonly WouldBe[] }> {
  const asked = documents.filter((document) => !isCluster(document) || registered.has(document.metadata.name))
  const force = forceConflicts === true || apply !== true
  const known = await wouldBe(hub.api, asked, { namespace, force })
  const invented = documents.filter((document) => !asked.includes(document)).map(newCluster)
  const objects = known.map((each) => (isCluster(each.object) ? editedCluster(each) : each.object))
  return { change: { spec, documents, objects: [...objects, ...invented] }, known }
}

function checkSnapshot(given: string, { snapshot }: PlanStatus): void {
  const changed = changedParts(given, snapshot)
  if (changed.length === 0) return
  const what = changed.join(', ')
  throw new FlotillaError(
    'Conflict',
    `Cannot apply the plan of snapshot ${given}: what it was made from is another now (${what}). Next: plan again, and apply with --snapshot ${snapshot} if that is still meant`,
  )
}

interface PlanDocument {
  readonly apiVersion: string
  readonly kind: string
  readonly spec: Change['spec']
  readonly status: PlanStatus
}

function printer(output: string | undefined, terminal: Terminal): (plan: PlanDocument) => Promise<void> {
  const isWide = output === 'wide'
  const format = parseValueFormat(isWide ? undefined : output)
  return async (plan) =>
    terminal.out(format === 'text' ? planText(plan.status, { isWide }) : await formatValue(plan, format))
}
