// A target of a rebalance is taken once, by the decision that it was planned from.
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { type ResourceBinding, resourceBindingResource } from '@flotilla/api/resource-binding'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import type { RunningController } from '@flotilla/runtime/controller'
import { startController } from '@flotilla/runtime/start-controller'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createReadyCluster } from '../../../test/deciding-half.ts'
import { startTestHub, type TestHub } from '../../../test/test-hub.ts'
import { createPolicyController } from '../../policy/controller.ts'
import { createSchedulerController } from './controller.ts'

let t: TestHub
let controllers: readonly RunningController[]

const apiVersion = 'flotilla.dev/v1alpha1'
const web = { namespace: 'shop', name: 'web' }

beforeEach(async () => {
  t = await startTestHub()
  await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  for (const name of ['eu', 'us']) await createReadyCluster(t, name, { pods: '10' })
  const weightPreference = { dynamicWeight: 'AvailableReplicas' }
  const placement = { replicaScheduling: { replicaSchedulingType: 'Divided', weightPreference } }
  const resourceSelectors = [{ apiVersion: 'apps/v1', kind: 'Deployment' }]
  const policy = { apiVersion, kind: 'PropagationPolicy', metadata: web, spec: { resourceSelectors, placement } }
  await t.api.create(propagationPolicyResource, policy)
  controllers = [createPolicyController(t), createSchedulerController(t)].map((each) => startController(t.env, each))
  const labels = { app: 'web' }
  const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x:1' }] } }
  const spec = { replicas: 6, selector: { matchLabels: labels }, template }
  await t.api.create(deployments, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: web, spec })
  await t.env.advance(2_000)
})
afterEach(async () => {
  for (const each of controllers) await t.env.complete(each.stop(), { limitMs: 60_000, what: 'a controller' })
  await t[Symbol.asyncDispose]()
})

async function binding(): Promise<ResourceBinding> {
  const [found] = (await t.api.list<ResourceBinding>(resourceBindingResource)).items
  if (found === undefined) throw new Error('there is no binding')
  return found
}

/** What is decided once the scheduler has seen the target, by cluster. */
async function retarget(target: Readonly<Record<string, number>>, forHash?: string) {
  const before = await binding()
  const clusters = Object.entries(target).map(([name, replicas]) => ({ id: `id-${name}`, replicas }))
  const rebalance = { forHash: forHash ?? before.spec.decision?.forHash ?? '', clusters }
  await t.api.patch(resourceBindingResource, before.metadata, { type: 'merge', patch: { spec: { rebalance } } })
  await t.env.advance(2_000)
  const { spec } = await binding()
  return {
    decided: (spec.decision?.clusters ?? []).map(({ name, replicas }) => [name, replicas]),
    isTaken: spec.rebalance === undefined,
    isSame: spec.decision?.forHash === before.spec.decision?.forHash,
  }
}

const unmoved = [
  ['eu', 3],
  ['us', 3],
]

describe('the target of a rebalance', () => {
  test('is decided and cleared', async () => {
    expect(await retarget({ eu: 1, us: 5 })).toEqual({
      decided: [
        ['eu', 1],
        ['us', 5],
      ],
      isTaken: true,
      isSame: false,
    })
  })

  test('is cleared where there is no room for it', async () => {
    expect(await retarget({ us: 60 })).toEqual({ decided: unmoved, isTaken: true, isSame: true })
  })

  test('is ignored and cleared where another decision is in force', async () => {
    expect(await retarget({ eu: 1, us: 5 }, 'another')).toEqual({ decided: unmoved, isTaken: true, isSame: true })
  })
})
