// Simulated members that die, come and go, or fall silent together: how soon what one ran runs elsewhere, and what
// moves that should not.
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import type { Cluster } from '@flotilla/api/cluster'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { createInformer } from '@flotilla/runtime/create-informer'
import { ensureNamespace, env } from '../api-server.ts'
import type { Benchmark, Run } from '../benchmark.ts'
import { now, pool, sleep, until } from '../clock.ts'
import { startHub, type Hub } from '../hub.ts'
import { aDeployment, clusterResource, homePolicy, propagationPolicyResource } from '../manifests.ts'
import { oneRow, type Report, type Row } from '../report.ts'
import { startSimulatedFleet, type SimulatedFleet } from '../separate-fleet.ts'

const namespace = 'bench'
const home = 'member-1'
/** The hub's own, in seconds: a probe every five, three without an answer, and no answer for half a minute. */
const configured = { unreachable: 15, failed: 30 }
/** Nothing moves by itself before the hub has run for so long. */
const startSeconds = 60

export const failover: Benchmark = {
  name: 'failover',
  about: 'one of 50 simulated members dies with 200 workloads, others come and go, 20 fall silent at once',
  options: { members: 50, workloads: 200, nodes: 3, flaps: 5, together: 20 },
  async run(run): Promise<Report> {
    const lab = await startLab(run)
    const rows = [...(await flaps(run, lab)), ...(await death(run, lab)), ...(await silence(run, lab))]
    return { rows }
  },
}

interface Lab {
  readonly fleet: SimulatedFleet
  readonly hub: Hub
  readonly bindings: () => readonly ResourceBinding[]
  stateOf(member: string): Promise<string>
}

async function startLab(run: Run): Promise<Lab> {
  const [members, workloads] = [run.option('members'), run.option('workloads')]
  run.progress(`starting ${members} members`)
  const fleet = run.resources.use(await startSimulatedFleet(members, run.option('nodes')))
  const hub = run.resources.use(await startHub())
  const from = now()
  await fleet.register(hub.api)
  await hub.untilReady(members)
  await ensureNamespace(hub.api, namespace)
  await hub.api.create(propagationPolicyResource, homePolicy(namespace, 'home', home))
  const numbers = Array.from({ length: workloads }, (_, index) => index)
  await pool(numbers, 32, (index) => hub.api.create(deployments, aDeployment(namespace, `web-${index}`, 1)))
  const informer = createInformer<ResourceBinding>({ env, api: hub.api, resource: resourceBindingResource, namespace })
  run.resources.use(informer)
  informer.start()
  const bindings = () => [...informer.list()]
  const onHome = () => bindings().filter((binding) => isAppliedOn(binding, (name) => name === home)).length
  await until('all workloads at home', onHome, (count) => count === workloads, { withinMs: 300_000 })
  run.progress(`${workloads} workloads on ${home}`)
  await sleep(startSeconds * 1_000 - (now() - from))
  return {
    fleet,
    hub,
    bindings,
    async stateOf(name) {
      const { status } = await hub.api.get<Cluster>(clusterResource, { name })
      return status?.health?.state ?? ''
    },
  }
}

/** Away for less than an interval, again and again. */
async function flaps(run: Run, { fleet, bindings }: Lab): Promise<readonly Row[]> {
  for (let round = 1; round <= run.option('flaps'); round++) {
    run.progress(`away for 4 s, ${round} of ${run.option('flaps')}`)
    await fleet.setPresence({ members: [0], isAway: true })
    await sleep(4_000)
    await fleet.setPresence({ members: [0], isAway: false })
    await sleep(6_000)
  }
  return [oneRow(`moves after ${run.option('flaps')} absences of 4 s`, '', moved(bindings()), 0)]
}

async function death(run: Run, { fleet, bindings, stateOf }: Lab): Promise<readonly Row[]> {
  run.progress(`${home} dies`)
  const { at } = await fleet.setPresence({ members: [0], isAway: true })
  const seconds = async (what: string, isSo: () => boolean | Promise<boolean>) => {
    await until(what, isSo, Boolean, { everyMs: 50, withinMs: 300_000 })
    return (now() - at) / 1_000
  }
  const unreachable = await seconds('Unreachable', async () => (await stateOf(home)) === 'Unreachable')
  const failed = await seconds('Failed', async () => (await stateOf(home)) === 'Failed')
  const elsewhere = () => bindings().filter((binding) => isAppliedOn(binding, (name) => name !== home)).length
  const [some, all] = [Math.min(50, run.option('workloads')), run.option('workloads')]
  const first = await seconds(`${some} workloads elsewhere`, () => elsewhere() >= some)
  const last = await seconds('all workloads elsewhere', () => elsewhere() >= all)
  return [
    oneRow('last answer to Unreachable', 's', unreachable, configured.unreachable * 1.2),
    oneRow('last answer to Failed', 's', failed, configured.failed * 1.2),
    oneRow(`Failed to ${some} replacements accepted and told of`, 's', first - failed),
    oneRow(`Failed to all ${all} replacements accepted and told of`, 's', last - failed),
    oneRow('last answer to all replacements', 's', last),
  ]
}

/** With the dead one those that fall silent now are not half of the fleet: the brake is that of pace. */
async function silence(run: Run, { fleet, bindings }: Lab): Promise<readonly Row[]> {
  const together = run.option('together')
  run.progress(`${together} members fall silent`)
  const before = moved(bindings())
  const members = Array.from({ length: together }, (_, index) => index + 1)
  await fleet.setPresence({ members, isAway: true })
  await sleep(configured.failed * 1_000 * 1.2)
  const from = now()
  const early = moved(bindings()) - before
  await sleep(20_000)
  const perSecond = (moved(bindings()) - before - early) / ((now() - from) / 1_000)
  return [
    oneRow(`${together} silent at once: moves a second`, '', perSecond, 1),
    oneRow('… moves before they are Failed', '', early),
  ]
}

function isAppliedOn({ status }: ResourceBinding, matches: (cluster: string) => boolean): boolean {
  const clusters = status?.clusters ?? []
  return clusters.some(({ name, state, replicas = 0 }) => matches(name) && state === 'Applied' && replicas > 0)
}

function moved(bindings: readonly ResourceBinding[]): number {
  return bindings.reduce((sum, { spec }) => sum + (spec.evictions ?? []).length, 0)
}
