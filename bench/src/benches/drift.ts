// Fields changed by hand on real members: how long until they are what they shall be again.
import { deployments } from '@flotilla/machinery/well-known-resources'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Benchmark, Run } from '../benchmark.ts'
import { now, sleep, sleepUntil, until } from '../clock.ts'
import { aDeployment, everywherePolicy, propagationPolicyResource } from '../manifests.ts'
import { startRealFleet, type Member, type Observed, type RealFleet } from '../real-fleet.ts'
import { oneRow, rowOf } from '../report.ts'

const namespace = 'bench'
const badImage = 'registry.example.test/somebody/else:9.9.9'

export const drift: Benchmark = {
  name: 'drift',
  about: '1,000 fields changed by hand, ten a second, on three real members: until they are restored',
  options: { count: 1_000, workloads: 70, rate: 10, nodes: 3 },
  async run(run) {
    const fleet = await startRealFleet(run)
    const observed = await placeAll(run, fleet)
    const before = await appliesTo(fleet.members)
    const restored = await measure(run, fleet, observed)
    const writes = ((await appliesTo(fleet.members)) - before) / restored.length
    observed.stop()
    return {
      rows: [
        rowOf('change to restored', 'ms', restored, 0.5, 25),
        rowOf('change to restored', 'ms', restored, 0.9),
        rowOf('change to restored', 'ms', restored, 0.99, 100),
        oneRow('writes of the hub for each', '', writes, 1),
      ],
    }
  },
}

async function placeAll(run: Run, fleet: RealFleet): Promise<Observed> {
  const count = run.option('workloads')
  await fleet.ensureNamespace(namespace)
  const { api } = fleet.hub
  await api.create(propagationPolicyResource, everywherePolicy(namespace, 'all'))
  for (let index = 0; index < count; index++) await api.create(deployments, aDeployment(namespace, `web-${index}`, 0))
  const observed = await fleet.observe(namespace)
  const least = () => Math.min(...observed.deployments.map((one) => one.size))
  await until('the Deployments on every member', least, (size) => size >= count)
  // Their controllers write once more; what is timed afterwards is alone.
  await sleep(5_000)
  return observed
}

/** Another member each time and another Deployment each round: one that is restored often is left to its other writer. */
async function measure(run: Run, { members }: RealFleet, observed: Observed): Promise<readonly number[]> {
  const took: number[] = []
  let awaited: { readonly key: string; readonly hit: (at: number) => void } | undefined
  observed.onChange((name, member) => {
    const object = observed.deployments[member]?.get(name)
    if (awaited?.key === `${member}/${name}` && object && imageOf(object) !== badImage) awaited.hit(now())
  })
  const start = now()
  for (let index = 0; index < run.option('count'); index++) {
    await sleepUntil(start + (index * 1_000) / run.option('rate'))
    const member = index % members.length
    const name = `web-${Math.floor(index / members.length) % run.option('workloads')}`
    const patch = { spec: { template: { spec: { containers: [{ name: 'web', image: badImage }] } } } }
    const from = now()
    const api = members[member]?.api
    await api?.patch(deployments, { namespace, name }, { type: 'strategic', patch }, { fieldManager: 'by-hand' })
    const { promise, resolve } = Promise.withResolvers<number>()
    awaited = { key: `${member}/${name}`, hit: resolve }
    // The change and its restoring may both have been seen before the patch was answered.
    const live = await api?.get(deployments, { namespace, name })
    took.push((live && imageOf(live) !== badImage ? now() : await promise) - from)
    if (index % 50 === 49) run.progress(`${index + 1} changes restored`)
  }
  return took
}

/** Server-side applies of Deployments so far, as the members' own API servers count them: nobody but the hub applies. */
async function appliesTo(members: readonly Member[]): Promise<number> {
  const counts = await Promise.all(
    members.map(async ({ api }) => {
      const { body } = await api.raw({ path: '/metrics', accept: 'text/plain' })
      const lines = String(body).matchAll(
        /^apiserver_request_total\{.*resource="deployments".*verb="APPLY".*\} (\S+)$/gm,
      )
      return [...lines].reduce((sum, [, count]) => sum + Number(count), 0)
    }),
  )
  return counts.reduce((sum, count) => sum + count, 0)
}

function imageOf(object: KubeObject): unknown {
  return asDicts(valueAt(object, 'spec', 'template', 'spec', 'containers'))[0]?.['image']
}
