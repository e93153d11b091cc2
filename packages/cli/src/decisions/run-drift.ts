// Prints the fields that differ on members from what is stated there.
import { createCommandEnv } from '../command-env.ts'
import type { RenderFlags } from '../commands/decisions.ts'
import { Exit, exitCodes } from '../exit.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { askAll, exitOnFailures, openFleet, reportFailures } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { driftIn, lookAtPlaced } from './drift-on-member.ts'
import { driftTable } from './drift-table.ts'
import { readPlaced } from './placed-templates.ts'
import { readTemplate } from './read-binding.ts'
import { Renderer } from './rendering.ts'

export interface DriftFlags extends RenderFlags {
  readonly allNamespaces?: boolean
}

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
  const { answers, failures } = await askAll(fleet, (api, member) =>
    lookAtPlaced(renderer, templates, member, api, driftIn),
  )
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
