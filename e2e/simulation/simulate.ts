// One run: chaos with every check at every step, then everything is healed, must come to rest, and stay at rest.
import { unrest } from './checks/at-rest.ts'
import type { Violation } from './history.ts'
import { healWorld, pardon } from './heal.ts'
import { describeStep, type Scenario, type Step } from './scenario.ts'
import { carryOut, isOfMachines } from './steps.ts'
import { World } from './world.ts'

export interface Run {
  readonly seed: number
  readonly scenario: Scenario
  /** Of every event: two runs of one seed have the same. */
  readonly hash: string
  readonly events: number
  readonly violation: Violation | undefined
  /** The last events, oldest first. */
  readonly tail: readonly string[]
}

/** How long everything may take to come to rest, ms: the longest backoff is five minutes. */
const restWithinMs = 20 * 60_000
const lookEveryMs = 5_000
const defaultQuietMs = 10 * 60_000

export async function simulate(seed: number, scenario: Scenario): Promise<Run> {
  const world = new World(seed, scenario)
  const { history } = world
  try {
    await world.start()
    await runChaos(world, scenario)
    if (!isViolated(world)) await healWorld(world)
    if (!isViolated(world)) await awaitRest(world)
    if (!isViolated(world)) await watchQuiet(world, scenario.quietMs ?? defaultQuietMs)
  } catch (error) {
    world.violate('run', error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  const { violation, events } = history
  const run = { seed, scenario, hash: history.digest(), events, violation, tail: history.tail() }
  await world.stop()
  return run
}

function isViolated({ history }: World): boolean {
  return history.violation !== undefined
}

interface Due {
  readonly at: number
  readonly run: () => unknown
}

/** Steps at their times; what they left for later, at the end at the latest. */
async function runChaos(world: World, { steps, lastsMs }: Scenario): Promise<void> {
  const start = world.now()
  const agenda: Due[] = steps.map((step) => ({ at: start + step.at, run: () => doStep(step) }))
  const later = (delayMs: number, run: () => Promise<void> | void) =>
    void agenda.push({ at: world.now() + delayMs, run })
  async function doStep(step: Step): Promise<void> {
    world.history.note(describeStep(step))
    const done = world.people(() => carryOut(world, step, later))
    // People do not wait for each other; machines are started and stopped between two moments.
    if (isOfMachines(step)) await done
  }
  for (let next = takeNext(agenda); next !== undefined && !isViolated(world); next = takeNext(agenda)) {
    const at = Math.min(next.at, start + lastsMs)
    if (at > world.now()) await world.env.advance(at - world.now())
    await next.run()
  }
  const left = start + lastsMs - world.now()
  if (left > 0 && !isViolated(world)) await world.env.advance(left)
}

function takeNext(agenda: Due[]): Due | undefined {
  const first = agenda.reduce<Due | undefined>(
    (best, due) => (best === undefined || due.at < best.at ? due : best),
    undefined,
  )
  if (first !== undefined) agenda.splice(agenda.indexOf(first), 1)
  return first
}

async function awaitRest(world: World): Promise<void> {
  const limit = world.now() + restWithinMs
  while (unrest(world).length > 0 && !isViolated(world)) {
    if (world.now() > limit) {
      return world.violate(
        'I7',
        `still not at rest ${restWithinMs / 60_000} minutes after all faults: ${unrest(world).join('; ')}`,
      )
    }
    await pardon(world)
    await world.env.advance(lookEveryMs)
  }
}

async function watchQuiet(world: World, quietMs: number): Promise<void> {
  // Members are read every minute: what has changed there is still to be written down.
  await world.env.advance(70_000)
  const [hub, members] = [world.hubWrites, world.memberWrites]
  await world.env.advance(quietMs)
  if (isViolated(world)) return
  if (world.hubWrites > hub) world.violate('I7', `${world.hubWrites - hub} writes to the hub while nothing happened`)
  if (world.memberWrites > members)
    world.violate('I7', `${world.memberWrites - members} writes to members while nothing happened`)
  const problems = unrest(world)
  if (problems.length > 0) world.violate('I7', `no longer at rest: ${problems.join('; ')}`)
}
