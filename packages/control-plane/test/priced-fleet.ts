// A whole fleet whose replicas have prices, and one Deployment of it: each of its replicas asks for one CPU.
import { apiVersion } from '@flotilla/api/group'
import { priceSheetResource } from '@flotilla/api/price-sheet'
import { type PropagationPolicy, propagationPolicyResource } from '@flotilla/api/propagation-policy'
import type { Reschedule } from '@flotilla/api/reschedule'
import { type ResourceBinding, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { deployments, namespaces, pods } from '@flotilla/machinery/well-known-resources'
import { startWholeFleet, type WholeFleet, type WholeFleetOptions } from './whole-fleet.ts'

export interface PricedFleet {
  readonly fleet: WholeFleet
  /** Creates the Deployment and its policy, and lets it become ready. */
  place(replicas: number, placement?: object, reschedule?: Reschedule): Promise<void>
  /** Of a CPU for an hour, by cluster. */
  setPrices(prices: Readonly<Record<string, number>>): Promise<void>
  /** Ready pods of each member. */
  ready(): Promise<readonly number[]>
  /** Passes so much time; the fewest pods that were ready at once meanwhile. */
  fewestIn(ms: number): Promise<number>
  binding(): Promise<ResourceBinding>
  policy(): Promise<PropagationPolicy>
  /** Merges it into the policy. */
  editPolicy(patch: Readonly<Record<string, unknown>>): Promise<void>
}

const web = { namespace: 'shop', name: 'web' }

/** Each member has three nodes of four CPUs; a minute has passed. */
export async function startPricedFleet(
  names: readonly string[],
  options: WholeFleetOptions = {},
): Promise<PricedFleet> {
  const fleet = await startWholeFleet(names, { podStartMs: 3_000, ...options })
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: web.namespace } })
  await fleet.env.advance(60_000)
  const ready = () => Promise.all(names.map((name) => readyOn(fleet, name)))
  return {
    fleet,
    ready,
    async place(replicas, placement = {}, reschedule) {
      await fleet.api.create(propagationPolicyResource, policyFor(placement, reschedule))
      await fleet.api.create(deployments, aDeployment(replicas))
      await fleet.env.advance(90_000)
    },
    async setPrices(prices) {
      const sheet = aPriceSheet(prices)
      const found = (await fleet.api.list(priceSheetResource)).items[0]
      if (found === undefined) await fleet.api.create(priceSheetResource, sheet)
      else await fleet.api.update(priceSheetResource, { ...found, spec: sheet['spec'] } as KubeObject)
      await fleet.env.advance(2_000)
    },
    async fewestIn(ms) {
      let fewest = Number.POSITIVE_INFINITY
      for (const end = fleet.env.clock.now() + ms; fleet.env.clock.now() < end;) {
        await fleet.env.advance(500)
        fewest = Math.min(fewest, sum(await ready()))
      }
      return fewest
    },
    async binding() {
      const [found] = (await fleet.api.list<ResourceBinding>(resourceBindingResource)).items
      if (found === undefined) throw new Error('there is no binding')
      return found
    },
    policy: () => fleet.api.get<PropagationPolicy>(propagationPolicyResource, web),
    async editPolicy(patch) {
      await fleet.api.patch(propagationPolicyResource, web, { type: 'merge', patch })
    },
  }
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function policyFor(placement: object, reschedule: Reschedule | undefined): KubeObject {
  return {
    apiVersion,
    kind: 'PropagationPolicy',
    metadata: web,
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      placement: { replicaScheduling: { replicaSchedulingType: 'Divided' }, objective: { price: 1 }, ...placement },
      ...(reschedule && { reschedule }),
    },
  }
}

function aDeployment(replicas: number): KubeObject {
  const labels = { app: 'web' }
  const container = { name: 'c', image: 'reg.io/c:1', resources: { requests: { cpu: '1' } } }
  const template = { metadata: { labels }, spec: { containers: [container] } }
  const spec = { replicas, selector: { matchLabels: labels }, template }
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: web, spec }
}

function aPriceSheet(prices: Readonly<Record<string, number>>): KubeObject {
  const entries = Object.entries(prices).map(([name, perCPUHour]) => ({
    targetCluster: { clusterNames: [name] },
    perCPUHour,
    perGiBHour: 0,
  }))
  return { apiVersion, kind: 'PriceSheet', metadata: { name: 'prices' }, spec: { entries } }
}

async function readyOn(fleet: WholeFleet, name: string): Promise<number> {
  const { items } = await fleet.member(name).list(pods, { namespace: web.namespace })
  const isReady = (pod: KubeObject) =>
    asDicts(valueAt(pod, 'status', 'conditions')).some((each) => each['type'] === 'Ready' && each['status'] === 'True')
  return items.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length
}
