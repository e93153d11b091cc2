// One Deployment to many members: how much later than by a bare fan-out the last of them has it.
import { deployments } from '@flotilla/machinery/well-known-resources'
import { ensureNamespace } from '../api-server.ts'
import type { Benchmark, Run } from '../benchmark.ts'
import { now, sleepUntil, until } from '../clock.ts'
import { startFakeFleet, type FakeFleet } from '../separate-fleet.ts'
import { startHub, type Hub } from '../hub.ts'
import { aDeployment, everywherePolicy, propagationPolicyResource } from '../manifests.ts'
import { oneRow, referenceRow, rowOf, variationLimit, type Report } from '../report.ts'
import { quantile, median } from '../stats.ts'

const namespace = 'bench'
const warmUps = 5

export const propagation: Benchmark = {
  name: 'propagation',
  about: 'one 3.5 KB Deployment to 10 and 100 fake TLS API servers, one a second, against a bare fan-out to them',
  options: { count: 40, few: 10, many: 100 },
  async run(run) {
    const reports = [await measure(run, run.option('few')), await measure(run, run.option('many'))]
    return { rows: reports.flatMap(({ rows }) => rows), invalid: reports.flatMap(({ invalid = [] }) => invalid) }
  },
}

async function measure(run: Run, members: number): Promise<Report> {
  await using fleet = await startFakeFleet(members)
  await using hub = await startHub()
  run.progress(`${members} members: registering`)
  await fleet.register(hub.api)
  await hub.untilReady(members)
  await ensureNamespace(hub.api, namespace)
  const count = run.option('count')
  const subject: number[] = []
  const reference: number[] = []
  let revision = 0
  const start = now()
  for (let index = 0; index < count + warmUps; index++) {
    if (index === warmUps) revision = await settled(hub)
    await sleepUntil(start + index * 1_000)
    const placed = await place(hub, fleet, `placed-${index}`)
    await sleepUntil(start + index * 1_000 + 500)
    const sent = await fanOut(fleet, `sent-${index}`)
    if (index < warmUps) continue
    subject.push(placed)
    reference.push(sent)
    if (index % 10 === 9) run.progress(`${members} members: ${index - warmUps + 1} of ${count} placed`)
  }
  // The Deployment and its policy are not the hub's own.
  const writes = ((await settled(hub)) - revision) / count - 2
  return reportOf(members, subject, reference, writes)
}

function reportOf(members: number, subject: readonly number[], reference: readonly number[], writes: number): Report {
  const own = referenceRow(reference, variationLimit.io)
  const of = (measure: string) => `${members} members: ${measure}`
  const ratio = (q: number) => quantile(subject, q) / quantile(reference, q)
  return {
    rows: [
      rowOf(of('submitted to accepted by the last'), 'ms', subject),
      rowOf(of('submitted to accepted by the last'), 'ms', subject, 0.99),
      rowOf(of('bare fan-out'), 'ms', reference),
      rowOf(of('bare fan-out'), 'ms', reference, 0.99),
      oneRow(of('ratio, median'), '×', median(subject) / median(reference), 1.5),
      oneRow(of('ratio, p99'), '×', ratio(0.99), 2),
      oneRow(of('writes of the hub itself per placement'), '', writes, 4 + members / 100),
      { ...own.row, measure: of(own.row.measure) },
    ],
    invalid: own.invalid.map(of),
  }
}

/** The policy is there before, as it mostly is: what is timed is the Deployment. */
async function place(hub: Hub, fleet: FakeFleet, name: string): Promise<number> {
  await hub.api.create(propagationPolicyResource, everywherePolicy(namespace, name, name))
  const from = now()
  await hub.api.create(deployments, aDeployment(namespace, name, 2))
  return (await acceptedBy(fleet, name)) - from
}

async function acceptedBy(fleet: FakeFleet, name: string): Promise<number> {
  const late = AbortSignal.timeout(30_000)
  const refused = Promise.withResolvers<never>()
  late.addEventListener('abort', () => refused.reject(new Error(`${name} was not accepted within 30 s`)))
  return Promise.race([fleet.accepted(name), refused.promise])
}

async function fanOut(fleet: FakeFleet, name: string): Promise<number> {
  const object = aDeployment(namespace, name, 2)
  const from = now()
  await Promise.all(fleet.clients.map((api) => api.apply(deployments, object, { fieldManager: 'bench', force: true })))
  return (await acceptedBy(fleet, name)) - from
}

/** The hub's revision once it has stopped writing. */
async function settled(hub: Hub): Promise<number> {
  let revision = -1
  return until(
    'the hub to stop writing',
    async () => {
      const before = revision
      revision = await hub.revision()
      return revision === before ? revision : Number.NaN
    },
    (value) => !Number.isNaN(value),
    { everyMs: 1_500 },
  )
}
