// A thousand Deployments through the hub to three real members, against applying them there directly.
import { deployments } from '@flotilla/machinery/well-known-resources'
import type { Benchmark } from '../benchmark.ts'
import { now, pool, until } from '../clock.ts'
import { aDeployment, everywherePolicy, propagationPolicyResource } from '../manifests.ts'
import { inTurn, medianRatio, tooFew } from '../paired.ts'
import { clear, startRealFleet, type RealFleet } from '../real-fleet.ts'
import { oneRow, referenceRow, rowOf, variationLimit } from '../report.ts'

/** As many requests at once to each member as the hub sends. */
const width = 32

export const throughput: Benchmark = {
  name: 'throughput',
  about: '1,000 Deployments and one policy to three real members, against a bare concurrent apply to them',
  options: { count: 1_000, pairs: 7, nodes: 3 },
  async run(run) {
    const fleet = await startRealFleet(run)
    const count = run.option('count')
    const pairs = run.option('pairs')
    const measured = await inTurn(
      run,
      { pairs },
      (round) => throughHub(fleet, `hub-${round}`, count),
      (round) => directly(fleet, `bare-${round}`, count),
    )
    const own = referenceRow(measured.reference, variationLimit.io)
    return {
      rows: [
        rowOf(`${count} Deployments through the hub`, 'ms', measured.subject),
        rowOf('applied directly', 'ms', measured.reference),
        oneRow('ratio, median of pairs', '×', medianRatio(measured), 1.5),
        own.row,
      ],
      invalid: [...own.invalid, ...tooFew(pairs)],
      notes: ['Deployments of no replicas: what the members do with pods is not measured.'],
    }
  },
}

async function throughHub(fleet: RealFleet, namespace: string, count: number): Promise<number> {
  await fleet.ensureNamespace(namespace)
  const { api } = fleet.hub
  await api.create(propagationPolicyResource, everywherePolicy(namespace, 'all'))
  return timed(fleet, namespace, count, () => {
    return pool(manifests(namespace, count), width, (object) => api.create(deployments, object))
  })
}

async function directly(fleet: RealFleet, namespace: string, count: number): Promise<number> {
  await fleet.ensureNamespace(namespace)
  const options = { fieldManager: 'bench', force: true }
  return timed(fleet, namespace, count, async () => {
    const objects = manifests(namespace, count)
    await Promise.all(
      fleet.members.map(({ api }) => pool(objects, width, (one) => api.apply(deployments, one, options))),
    )
  })
}

function manifests(namespace: string, count: number) {
  return Array.from({ length: count }, (_, index) => aDeployment(namespace, `web-${index}`, 0))
}

/** From the first request until the last object is on the last member; what was placed is deleted afterwards. */
async function timed(fleet: RealFleet, namespace: string, count: number, send: () => Promise<void>): Promise<number> {
  const observed = await fleet.observe(namespace)
  const from = now()
  const sent = send()
  const least = () => Math.min(...observed.deployments.map((one) => one.size))
  await until(`${count} Deployments on every member`, least, (size) => size >= count, { everyMs: 5, withinMs: 600_000 })
  const took = now() - from
  await sent
  await Promise.all([fleet.hub, ...fleet.members].map(({ api }) => clear(api, namespace, observed)))
  observed.stop()
  return took
}
