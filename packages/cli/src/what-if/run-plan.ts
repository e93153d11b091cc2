// Prints what would move if something changed, and with --apply makes it so.
import { type Cluster, clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import type { PlanSpec, PlanStatus } from '@flotilla/api/plan'
import { maskSecret } from '@flotilla/control-plane/delivery/masks'
import { planNow, preparePlan } from '@flotilla/control-plane/what-if/plan-now'
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
import { isPlan, joinSpecs } from './plan-spec.ts'
import { planText } from './plan-text.ts'
import { readFiles } from './read-files.ts'
import { refOf } from './ref-of.ts'

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
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const spec = await readSpec(hub, files, flags)
  if (apply) checkAppliable(spec, new Set(namesOf((await hub.api.list<Cluster>(clusterResource)).items)))
  const namespace = flags.namespace ?? hub.namespace
  // Only what is applied may meet conflicts.
  const asked = await preparePlan(hub.api, spec, { namespace, force: flags.forceConflicts === true || !apply })
  const { status } = await planNow(env, hub.api, asked)
  await print({ apiVersion, kind: 'Plan', spec: shown(asked.spec), status })
  if (!apply) return
  const current = snapshot === undefined ? (await planNow(env, hub.api, asked)).status : status
  checkSnapshot(snapshot ?? status.snapshot, current)
  await applyAll(hub.api, asked.known, flags.forceConflicts === true, (object) =>
    terminal.err(`${shortName(object)} serverside-applied\n`),
  )
}

async function readSpec(hub: HubConnection, files: readonly KubeObject[], flags: PlanFlags): Promise<PlanSpec> {
  const [documents, plans] = [files.filter((file) => !isPlan(file)), files.filter(isPlan)]
  const chosen =
    flags.clusters === undefined
      ? undefined
      : namesOf(chooseClusters((await hub.api.list<Cluster>(clusterResource)).items, flags.clusters))
  const removed = await Promise.all(
    (flags.remove ?? []).map((text) => refOf(hub.api, text, flags.namespace ?? hub.namespace)),
  )
  return joinSpecs({ documents, plans, flags, chosen, removed })
}

/** Values of Secrets are nobody's to print. */
function shown({ apply, ...spec }: PlanSpec): PlanSpec {
  return apply === undefined ? spec : { ...spec, apply: apply.map((each) => maskSecret(each as unknown as KubeObject)) }
}

function namesOf(clusters: readonly Cluster[]): readonly string[] {
  return clusters.map(({ metadata }) => metadata.name)
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
  readonly spec: PlanSpec
  readonly status: PlanStatus
}

function printer(output: string | undefined, terminal: Terminal): (plan: PlanDocument) => Promise<void> {
  const isWide = output === 'wide'
  const format = parseValueFormat(isWide ? undefined : output)
  return async (plan) =>
    terminal.out(format === 'text' ? planText(plan.status, { isWide }) : await formatValue(plan, format))
}
