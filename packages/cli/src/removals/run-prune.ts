// Lists orphaned objects on members, and deletes them when a person says so.
import { templateAnnotation } from '@flotilla/api/group'
import { identityOf } from '@flotilla/control-plane/cluster/join/join'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { timestamp } from '@flotilla/runtime/timestamp'
import { createCommandEnv } from '../command-env.ts'
import type { PruneFlags } from '../commands/prune.ts'
import { ageOf } from '../output/age.ts'
import { formatTable } from '../output/table.ts'
import { askAll, exitOnFailures, openFleet, reportFailures } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import { findKind } from '../reach/kinds.ts'
import { whoWeAre } from '../reach/who-we-are.ts'
import { readPast } from '@flotilla/control-plane/takeover/take-over'
import type { Terminal } from '../terminal.ts'
import { findOrphaned, removeOrphaned, titleOf, type Orphaned, type Place } from './orphaned.ts'
import { recordRemoval } from './record.ts'

interface Found {
  readonly place: Place
  readonly orphaned: readonly Orphaned[]
}

export async function runPrune(flags: PruneFlags, terminal: Terminal): Promise<void> {
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  await checkCurrent(hub.api)
  const hubId = await identityOf(hub.api)
  await using fleet = await openFleet({ env, hub: hub.api, clusters: flags.clusters, timeoutMs: flags.timeout })
  const answers = await askAll(fleet, async (api, { cluster }): Promise<Found> => {
    const kinds =
      flags.kind && (await Promise.all(flags.kind.map((kind) => findKind(api, kind, cluster.metadata.name))))
    const place = { hub: hub.api, hubId, api, cluster }
    const { namespace, selector } = flags
    return { place, orphaned: await findOrphaned(place, { namespace, selector, kinds }) }
  })
  reportFailures(terminal, answers.failures)
  const found = answers.answers.map(({ value }) => value)
  if (found.every(({ orphaned }) => orphaned.length === 0)) terminal.err('Nothing is orphaned.\n')
  else {
    terminal.out(orphanedTable(found, env.clock.now()))
    if (flags.yes !== true) terminal.out('\nNothing is deleted. Next: the same with --yes\n')
    else await prune(hub.api, found, timestamp(env.clock.now()), terminal)
  }
  exitOnFailures(answers)
}

/** To a hub that was restored from an older state, all that is newer looks orphaned. */
async function checkCurrent(hub: KubeApi): Promise<void> {
  const { restored } = await readPast(hub)
  if (restored === undefined) return
  const why = `the hub was restored from an older state or is a copy, as cluster ${restored.cluster} shows`
  throw new FlotillaError(
    'Conflict',
    `Cannot prune: ${why}, so what is newer looks orphaned. Next: flotilla takeover --dry-run`,
  )
}

function orphanedTable(found: readonly Found[], now: number): string {
  const rows = found.flatMap(({ place, orphaned }) =>
    orphaned.map(({ object, isReported }) => {
      const { kind, metadata } = object
      const template = metadata.annotations?.[templateAnnotation]
      return [
        place.cluster.metadata.name,
        `${kind.toLowerCase()}/${metadata.name}`,
        metadata.namespace ?? '<none>',
        ageOf(metadata.creationTimestamp, now),
        template?.slice(0, 8) ?? '<none>',
        isReported ? 'orphaned' : 'only just: stays for now',
      ]
    }),
  )
  return formatTable(['CLUSTER', 'NAME', 'NAMESPACE', 'AGE', 'TEMPLATE', 'STATE'], rows)
}

/** Who deletes what is written down first. */
async function prune(hub: KubeApi, found: readonly Found[], time: string, terminal: Terminal): Promise<void> {
  const due = found.flatMap(({ place, orphaned }) =>
    orphaned.filter(({ isReported }) => isReported).map((each) => ({ place, each, name: place.cluster.metadata.name })),
  )
  terminal.out('\n')
  if (due.length === 0)
    return terminal.out('All of them are only just unclaimed: nothing is deleted. Next: the same in a minute\n')
  const workloads = due.map(({ each, name }) => `${titleOf(each)} on ${name}`)
  const by = await whoWeAre(hub)
  await recordRemoval(hub, { by, time, what: 'prune', workloads, bindings: 0, copies: due.length })
  for (const { place, each, name } of due) {
    const why = await removeOrphaned(place, each)
    terminal.out(`${titleOf(each)} on ${name} ${why === undefined ? 'deleted' : `stays: ${why}`}\n`)
  }
}
