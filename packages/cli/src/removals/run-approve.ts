// Lists what the breaker on mass removals holds, or lets it go.
import type { Binding } from '@flotilla/control-plane/hub'
import { approvalOf } from '@flotilla/control-plane/delivery/breaker/approval'
import { listBindings, listClusterBindings } from '@flotilla/control-plane/what-if/template-bindings'
import { deepEqual } from '@flotilla/machinery/json'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { timestamp } from '@flotilla/runtime/timestamp'
import { createCommandEnv } from '../command-env.ts'
import type { ApproveFlags } from '../commands/approve.ts'
import { Exit, exitCodes } from '../exit.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { connectHub } from '../reach/hub-access.ts'
import { findKind, parseOne } from '../reach/kinds.ts'
import { whoWeAre } from '../reach/who-we-are.ts'
import type { Terminal } from '../terminal.ts'
import { heldRemovalOf, type HeldRemoval } from './held.ts'
import { heldReasons, heldTable } from './held-text.ts'
import { editBinding } from './edit-binding.ts'
import { recordRemoval } from './record.ts'

interface Held {
  readonly binding: Binding
  readonly removal: HeldRemoval
}

export async function runApprove(args: readonly string[], flags: ApproveFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const isAsked = checkAsked(args, flags)
  const held = await choose(hub.api, await readHeld(hub.api), args, flags, hub.namespace)
  if (isAsked && flags.dryRun !== true) {
    await approve(hub.api, held, whatIsAsked(args, flags), timestamp(env.clock.now()), terminal)
    return
  }
  const removals = held.map(({ removal }) => removal)
  if (format !== 'text') return terminal.out(await formatValue(removals, format))
  if (removals.length === 0) return terminal.err('Nothing is held.\n')
  const now = env.clock.now()
  terminal.out(
    isAsked ? `Would let go:\n${heldTable(removals, now)}` : `${heldTable(removals, now)}\n${heldReasons(removals)}`,
  )
}

/** Whether something is to be let go rather than listed. @throws Invalid for more than one way of saying what. */
function checkAsked(args: readonly string[], { all, policy }: ApproveFlags): boolean {
  const ways = [args.length > 0 && 'TYPE/NAME', policy !== undefined && '--policy', all === true && '--all'].filter(
    Boolean,
  )
  if (ways.length <= 1) return ways.length === 1
  throw new FlotillaError('Invalid', `Cannot approve by ${ways.join(' and ')} at once. Next: choose one of them`)
}

async function readHeld(hub: KubeApi): Promise<readonly Held[]> {
  const bindings = [...(await listBindings(hub)), ...(await listClusterBindings(hub))]
  return bindings.flatMap((binding) => {
    const removal = heldRemovalOf(binding)
    return removal ? [{ binding, removal }] : []
  })
}

async function choose(
  hub: KubeApi,
  held: readonly Held[],
  args: readonly string[],
  { all, policy, namespace }: ApproveFlags,
  own: string,
): Promise<readonly Held[]> {
  if (all === true) return held
  if (policy !== undefined) return orNotFound(ofPolicy(held, policy, namespace ?? own), `policy ${policy}`)
  if (args.length > 0) {
    const { type, name } = parseOne(args)
    const { kind, namespaced } = await findKind(hub, type, 'the hub')
    const place = namespaced ? (namespace ?? own) : undefined
    const isIt = ({ removal }: Held) => removal.kind === kind && removal.name === name && removal.namespace === place
    return orNotFound(held.filter(isIt), `${kind} ${place === undefined ? name : `${place}/${name}`}`)
  }
  return namespace === undefined ? held : held.filter(({ removal }) => removal.namespace === namespace)
}

function ofPolicy(held: readonly Held[], name: string, namespace: string): readonly Held[] {
  return held.filter(({ binding: { spec } }) => {
    const { policy } = spec
    return policy?.name === name && (policy.namespace === undefined || policy.namespace === namespace)
  })
}

function orNotFound(found: readonly Held[], what: string): readonly Held[] {
  if (found.length > 0) return found
  throw new FlotillaError(
    'NotFound',
    `Cannot approve anything of ${what}: nothing of it is held. Next: flotilla approve`,
  )
}

function whatIsAsked(args: readonly string[], { policy }: ApproveFlags): string {
  if (args.length > 0) return args.join('/')
  return policy === undefined ? '--all' : `--policy ${policy}`
}

/** Who lets what go is written down first. */
async function approve(
  hub: KubeApi,
  held: readonly Held[],
  what: string,
  time: string,
  terminal: Terminal,
): Promise<void> {
  if (held.length === 0) return terminal.err('Nothing is held.\n')
  const who = { by: await whoWeAre(hub), time }
  const removals = held.map(({ removal }) => removal)
  const copies = removals.reduce((sum, each) => sum + each.copies, 0)
  await recordRemoval(hub, { ...who, what, workloads: removals.map(nameOf), bindings: removals.length, copies })
  let changed = 0
  for (const { binding, removal } of held) {
    const name = `${removal.kind.toLowerCase()}/${removal.name}`
    const isAsShown = (now: Binding) => deepEqual(heldRemovalOf(now), removal)
    const approveIt = (now: Binding) => (isAsShown(now) ? approvalOf(now, who) : undefined)
    if (await editBinding(hub, binding, approveIt).catch(falseIfGone)) terminal.out(`${name} approved\n`)
    else {
      changed += 1
      terminal.err(`Error: Cannot approve ${name}: it has changed since it was read. Next: flotilla approve\n`)
    }
  }
  if (changed > 0) throw new Exit(exitCodes.failed)
}

function falseIfGone(error: unknown): boolean {
  if (!isError(error, 'NotFound')) throw error
  return false
}

function nameOf({ kind, namespace, name }: HeldRemoval): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`
}
