// Shows what taking a restored hub over would do, and does it once a person confirms.
import { identityOf } from '@flotilla/control-plane/cluster/join/join'
import { generationOf } from '@flotilla/control-plane/takeover/newer-state'
import { readPast, takeOver } from '@flotilla/control-plane/takeover/take-over'
import { listBindings, listClusterBindings } from '@flotilla/control-plane/what-if/template-bindings'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Env } from '@flotilla/runtime/env'
import { createCommandEnv } from '../command-env.ts'
import type { TakeoverFlags } from '../commands/takeover.ts'
import { readPlaced } from '../decisions/placed-templates.ts'
import { Renderer } from '../decisions/rendering.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { askAll, openFleet, reportFailures } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { surveyMember, type OfHub } from './survey.ts'
import { takeoverText } from './takeover-text.ts'

export async function runTakeover(flags: TakeoverFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const known = await readHub(env, hub.api)
  await using fleet = await openFleet({ env, hub: hub.api, clusters: 'all', timeoutMs: flags.timeout })
  const { answers, failures } = await askAll(fleet, (api, member) => surveyMember(known, member, api))
  const clusters = answers.map(({ value }) => value)
  const isRestored = known.past.restored !== undefined || clusters.some(({ isNewer }) => isNewer)
  const seen = clusters.map(({ generation }) => generation ?? 0)
  const generation = Math.max(generationOf(known.past), ...seen) + 1
  const report = { isRestored, generation, clusters }
  terminal.out(format === 'text' ? takeoverText(report, env.clock.now()) : await formatValue(report, format))
  reportFailures(terminal, failures)
  if (failures.length > 0)
    terminal.err('What did not answer is taken over unseen, or later if it knows a newer generation\n')
  if (!isRestored || flags.dryRun === true) return
  checkConfirmed(flags.confirm, generation)
  await takeOver(hub.api, generation)
  terminal.out(
    `hub taken over as generation ${generation}\nIt writes to its members within seconds. Next: flotilla status\n`,
  )
}

async function readHub(env: Env, api: KubeApi): Promise<OfHub> {
  const [hubId, past, templates, local, wide] = await Promise.all([
    identityOf(api),
    readPast(api),
    readPlaced(api, undefined),
    listBindings(api),
    listClusterBindings(api),
  ])
  return { hubId, past, renderer: new Renderer(env, api), templates, bindings: [...local, ...wide] }
}

function checkConfirmed(confirm: number | undefined, generation: number): void {
  if (confirm === generation) return
  const why = confirm === undefined ? 'it is not confirmed' : `--confirm says ${confirm}, it would be ${generation}`
  throw new FlotillaError(
    'Invalid',
    `Cannot take the hub over: ${why}. Next: flotilla takeover --confirm ${generation}, if that is what you want`,
  )
}
