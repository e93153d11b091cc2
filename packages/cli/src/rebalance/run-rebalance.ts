// Prints what would move to where it costs less, and unless it is a dry run has it move, wave by wave.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Env } from '@flotilla/runtime/env'
import { type Proposal, type ProposeOptions, proposeMoves } from '@flotilla/scheduler/rebalance/propose'
import { createCommandEnv } from '../command-env.ts'
import type { RebalanceFlags } from '../commands/rebalance.ts'
import type { Binding } from '@flotilla/control-plane/hub'
import { freezeText, readFreeze } from '../failover/run-freeze.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { carryOutWave } from './carry-out.ts'
import { proposalText } from './proposal-text.ts'
import { type WorksReading, readWorks } from './read-works.ts'

export async function runRebalance(flags: RebalanceFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const reading = await readWorks(hub.api, env.clock.now())
  const proposal = proposeMoves(reading.works, reading.snapshot, optionsOf(flags, flags.maxMoves))
  terminal.out(
    format === 'text'
      ? proposalText(proposal, flags.gate, prepareTitles(reading.bindings))
      : await formatValue(toValue(proposal), format),
  )
  if (flags.dryRun === true) return
  const freeze = await readFreeze(hub.api)
  if (freeze) {
    const why = `moves are ${freezeText(freeze)}. Next: flotilla freeze --off, or --dry-run`
    throw new FlotillaError('Conflict', `Cannot rebalance: ${why}`)
  }
  await carryOut({ env, hub: hub.api, flags, terminal }, reading, proposal)
}

export interface Rebalancing {
  readonly env: Env
  readonly hub: KubeApi
  readonly flags: Pick<RebalanceFlags, 'gate' | 'maxMoves' | 'timeout'>
  readonly terminal: Pick<Terminal, 'err' | 'stopped'>
}

/**
 * Carries out waves until nothing is left that is worth it, proposing anew before each: what was proposed first may
 * have changed. Throws as `carryOutWave` does.
 */
export async function carryOut(run: Rebalancing, first: WorksReading, proposed: Proposal): Promise<void> {
  const { env, hub, flags, terminal } = run
  const unmoved = new Set<string>()
  let moved = 0
  let [reading, proposal] = [first, proposed]
  for (let wave = 1; proposal.waves.length > 0; wave++) {
    const moves = proposal.waves[0] ?? []
    terminal.err(`wave ${wave}: ${proposal.next.size} workloads\n`)
    const access = { env, hub, timeoutMs: flags.timeout, stopped: terminal.stopped }
    for (const key of await carryOutWave(access, proposal, reading.bindings)) {
      unmoved.add(key)
      terminal.err(`${key} stays: its rules or the room have changed\n`)
    }
    moved += moves.filter(({ key }) => !unmoved.has(key)).reduce((sum, { replicas }) => sum + replicas, 0)
    reading = await readWorks(hub, env.clock.now())
    const works = reading.works.filter(({ key }) => !unmoved.has(key))
    const left = flags.maxMoves === undefined ? undefined : Math.max(0, flags.maxMoves - moved)
    proposal = proposeMoves(works, reading.snapshot, optionsOf(flags, left))
  }
  terminal.err(`${moved} replicas moved\n`)
}

function optionsOf({ gate }: Pick<RebalanceFlags, 'gate'>, maxReplicas: number | undefined): ProposeOptions {
  return { gate, ...(maxReplicas === undefined ? {} : { maxReplicas }) }
}

function prepareTitles(bindings: ReadonlyMap<string, Binding>): (key: string) => string {
  return (key) => {
    const ref = bindings.get(key)?.spec.workloads[0]?.ref
    if (ref === undefined) return key
    return `${ref.kind} ${ref.namespace === undefined ? ref.name : `${ref.namespace}/${ref.name}`}`
  }
}

function toValue({ next: _, staying, ...proposal }: Proposal) {
  return { ...proposal, staying: Object.fromEntries(staying) }
}
