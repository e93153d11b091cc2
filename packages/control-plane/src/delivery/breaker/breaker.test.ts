// Mass removals on a whole fleet: too much at once is held, whatever the cause, until a person lets it go.
import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { propagationPolicyResource, type PropagationSpec } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { textAt } from '@flotilla/machinery/untyped'
import { configMaps, deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import { findCondition } from '@flotilla/runtime/conditions'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aConfigMap, aDeployment } from '../../../test/test-fleet.ts'
import { aWeightedPolicy } from '../../../test/weighted-policy.ts'
import { startWholeFleet, type WholeFleet } from '../../../test/whole-fleet.ts'
import { approvalOf } from './approval.ts'
import { ledgerKey } from './ledger.ts'

const minute = 60_000
const many = 25
const names = Array.from({ length: many }, (_, index) => `c${index}`)
const shop = { namespace: 'shop', name: 'all' }

let fleet: WholeFleet

const aPolicy = (spec: Partial<PropagationSpec>) => ({
  apiVersion,
  kind: 'PropagationPolicy',
  metadata: shop,
  spec: { resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }], ...spec },
})

beforeEach(async () => {
  fleet = await startWholeFleet(['eu', 'us'])
  await fleet.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  await fleet.api.create(propagationPolicyResource, aPolicy({}))
  for (const name of names) await fleet.api.create(configMaps, aConfigMap(name))
  await fleet.env.advance(minute)
})
afterEach(() => fleet[Symbol.asyncDispose]())

const bindings = async () => (await fleet.api.list<ResourceBinding>(resourceBindingResource)).items
const held = async () => (await bindings()).filter(({ spec }) => spec.removalHold !== undefined)

const copiesOn = async (cluster: string) => {
  const { items } = await fleet.member(cluster).list(configMaps, { namespace: 'shop' })
  return items.filter(({ metadata }) => /^[cn]\d+$/.test(metadata.name)).length
}

const copies = async () => [await copiesOn('eu'), await copiesOn('us')]

const edit = async (spec: Partial<PropagationSpec>) => {
  const policy = await fleet.api.get(propagationPolicyResource, shop)
  await fleet.api.update(propagationPolicyResource, { ...policy, spec: aPolicy(spec).spec })
}

const on = (...clusterNames: string[]) => ({ placement: { clusterAffinity: { clusterNames } } })

const deleteTemplates = async (some: readonly string[]) => {
  for (const name of some) await fleet.api.delete(configMaps, { namespace: 'shop', name })
}

const approve = async (some: readonly ResourceBinding[]) => {
  const who = { by: 'kim', time: '2026-01-01T00:00:00Z' }
  for (const binding of some) {
    await fleet.api.patch(resourceBindingResource, binding.metadata, approvalOf(binding, who))
  }
}

const pass = (ms: number) => fleet.env.advance(ms)

describe('a policy edit that would empty a cluster', () => {
  beforeEach(async () => {
    await edit(on('us'))
    await pass(2 * minute)
  })

  test('is held, and says so with numbers and the next command', async () => {
    expect(await copies()).toEqual([many, many])
    const all = await held()
    expect(all).toHaveLength(many)
    const [first] = all
    expect(findCondition(first?.status?.conditions, 'RemovalHeld')).toMatchObject({
      status: 'True',
      reason: 'TooManyOfPolicy',
      message: `Nothing is deleted: of policy all 25 of 25 bindings would lose copies or go within an hour, and 20 may. Next: flotilla approve configmap/${first?.spec.workloads[0]?.ref.name} -n shop, or undo what caused it`,
    })
  })

  test('goes where it is approved, and nowhere else, over a restart too', async () => {
    await approve((await held()).slice(0, 12))
    await pass(minute)
    await fleet.restart()
    await pass(2 * minute)
    expect([await copies(), (await held()).length]).toEqual([[many - 12, many], many - 12])
    expect((await bindings()).filter(({ spec }) => spec.removalApproval?.by === 'kim')).toHaveLength(12)
  })

  test('is forgotten when it is undone: nothing is touched, and nothing is held any more', async () => {
    const uids = new Set((await fleet.member('eu').list(configMaps)).items.map(({ metadata }) => metadata.uid))
    await edit({})
    await pass(2 * minute)
    expect([await copies(), await held()]).toEqual([[many, many], []])
    const now = (await fleet.member('eu').list(configMaps)).items.map(({ metadata }) => metadata.uid)
    expect(now.filter((uid) => !uids.has(uid))).toEqual([])
    expect((await bindings()).flatMap(({ status }) => findCondition(status?.conditions, 'RemovalHeld') ?? [])).toEqual(
      [],
    )
  })

  test('stops neither growth elsewhere nor the correction of drift', async () => {
    const drifted = { namespace: 'shop', name: 'c0' }
    const patch = { data: { a: 'meddled' } }
    await fleet.member('us').patch(configMaps, drifted, { type: 'merge', patch })
    await fleet.api.create(configMaps, aConfigMap('n1'))
    await pass(minute)
    expect(textAt(await fleet.member('us').get(configMaps, drifted), 'data', 'a')).toBe('1')
    expect(await copies()).toEqual([many, many + 1])
  })

  test('goes once the policy says massRemoval: Allow', async () => {
    await edit({ ...on('us'), massRemoval: 'Allow' })
    await pass(2 * minute)
    expect([await copies(), await held()]).toEqual([[0, many], []])
  })

  test('holds what is to go besides, also after it is approved', async () => {
    await approve(await held())
    await deleteTemplates(names)
    await pass(2 * minute)
    expect([await copies(), (await held()).length]).toEqual([[0, many], many])
  })
})

describe('templates deleted all at once', () => {
  test('leave their copies, with an explanation, until they are approved', async () => {
    await deleteTemplates(names)
    await pass(2 * minute)
    expect(await copies()).toEqual([many, many])
    const all = await held()
    expect(all).toHaveLength(many)
    expect(findCondition(all[0]?.status?.conditions, 'RemovalHeld')?.status).toBe('True')
    await approve(all)
    await pass(2 * minute)
    expect([await copies(), await bindings()]).toEqual([[0, 0], []])
  })

  test('have their copies adopted when they are created again', async () => {
    const before = await fleet.member('eu').get(configMaps, { namespace: 'shop', name: 'c3' })
    await deleteTemplates(names)
    await pass(10 * minute)
    for (const name of names) await fleet.api.create(configMaps, aConfigMap(name))
    await pass(2 * minute)
    const after = await fleet.member('eu').get(configMaps, { namespace: 'shop', name: 'c3' })
    expect(after.metadata.uid).toBe(before.metadata.uid)
    expect([await copies(), await held()]).toEqual([[many, many], []])
  })

  test('are held with the namespace that they go with', async () => {
    await fleet.api.delete(namespaces, { name: 'shop' })
    await pass(2 * minute)
    expect(await copies()).toEqual([many, many])
    await approve(await held())
    await pass(2 * minute)
    expect(await copies()).toEqual([0, 0])
  })

  test('are held as bindings of the hub when their policy goes first', async () => {
    await fleet.api.delete(propagationPolicyResource, shop)
    await pass(minute)
    await deleteTemplates(names)
    await pass(2 * minute)
    expect(await copies()).toEqual([many, many])
    expect((await held()).map(({ spec }) => spec.removalHold?.scope)).toEqual(names.map(() => 'Hub'))
  })

  test('go with a policy that allows it, also when the policy goes first', async () => {
    await edit({ massRemoval: 'Allow' })
    await pass(minute)
    await fleet.api.delete(propagationPolicyResource, shop)
    await pass(minute)
    await deleteTemplates(names)
    await pass(2 * minute)
    expect(await copies()).toEqual([0, 0])
  })
})

describe('templates deleted one by one', () => {
  const deleteSlowly = async (some: readonly string[]) => {
    for (const name of some) {
      await deleteTemplates([name])
      await pass(6_000)
    }
  }

  test('go until too many have gone within the hour', async () => {
    await deleteSlowly(names)
    expect(await copies()).toEqual([many - 20, many - 20])
    expect(await held()).toHaveLength(many - 20)
  })

  test('are counted over restarts', async () => {
    for (const at of [0, 10, 20]) {
      await deleteSlowly(names.slice(at, at + 10))
      await fleet.restart()
    }
    expect(await copies()).toEqual([many - 20, many - 20])
  })

  test('go only once it is written down that they may', async () => {
    await deleteTemplates(['c0'])
    await pass(500)
    expect(await copies()).toEqual([many, many])
    await pass(5_000)
    expect(await copies()).toEqual([many - 1, many - 1])
    const { metadata, ...ledger } = await fleet.api.get(configMaps, ledgerKey)
    expect(textAt(ledger, 'data', 'letGo').trim().split('\n')).toHaveLength(1)
    expect(metadata.name).toBe('flotilla-removals')
  })
})

describe('what has guards of its own is neither held nor counted:', () => {
  const deploy = async (weights: Readonly<Record<string, number>>, replicas: number) => {
    await fleet.api.create(propagationPolicyResource, aWeightedPolicy(weights))
    for (let index = 0; index < 21; index++) await fleet.api.create(deployments, aDeployment(`w${index}`, { replicas }))
    await pass(2 * minute)
  }

  const deploymentsOn = async (cluster: string) =>
    (await fleet.member(cluster).list(deployments, { namespace: 'shop' })).items.length

  test('drain', async () => {
    await deploy({ eu: 1, us: 1 }, 2)
    expect(await deploymentsOn('eu')).toBe(21)
    const taints = [{ key: 'flotilla.dev/drain', effect: 'NoExecute' }]
    await fleet.api.patch(clusterResource, { name: 'eu' }, { type: 'merge', patch: { spec: { taints } } })
    await pass(2 * minute)
    expect([await deploymentsOn('eu'), await deploymentsOn('us'), await held()]).toEqual([0, 21, []])
  })

  test('scaling down', async () => {
    await deploy({ eu: 2, us: 1 }, 3)
    for (let index = 0; index < 21; index++) {
      const patch = { spec: { replicas: 1 } }
      await fleet.api.patch(deployments, { namespace: 'shop', name: `w${index}` }, { type: 'merge', patch })
    }
    await pass(2 * minute)
    expect([await deploymentsOn('us'), await held()]).toEqual([0, []])
  })

  test('followers that are no longer sent along are not: they are held', async () => {
    await edit({ resourceSelectors: [{ apiVersion: 'v1', kind: 'Secret' }] })
    await pass(5_000)
    for (let index = 0; index < 21; index++) {
      await fleet.api.create(configMaps, aConfigMap(`n${index}`))
      const envFrom = [{ configMapRef: { name: `n${index}` } }]
      const labels = { app: `w${index}` }
      const spec = { containers: [{ name: 'web', image: 'reg.io/web:1', envFrom }] }
      const template = { metadata: { labels }, spec }
      await fleet.api.create(deployments, aDeployment(`w${index}`, { replicas: 2, template }))
    }
    const weighted = aWeightedPolicy({ eu: 1, us: 1 })
    await fleet.api.create(propagationPolicyResource, weighted)
    await pass(minute)
    const policy = await fleet.api.get(propagationPolicyResource, { namespace: 'shop', name: 'web' })
    const spec = { ...(policy['spec'] as object), propagateDeps: false }
    await fleet.api.update(propagationPolicyResource, { ...policy, spec })
    await pass(2 * minute)
    expect(await held()).toHaveLength(21)
    expect(await copiesOn('eu')).toBe(many + 21)
  })

  test('weights that leave a cluster out are not: they are held', async () => {
    await deploy({ eu: 1, us: 1 }, 2)
    const policy = await fleet.api.get(propagationPolicyResource, { namespace: 'shop', name: 'web' })
    await fleet.api.update(propagationPolicyResource, { ...policy, spec: aWeightedPolicy({ us: 1 })['spec'] })
    await pass(2 * minute)
    expect([await deploymentsOn('eu'), await deploymentsOn('us')]).toEqual([21, 21])
    expect(await held()).toHaveLength(21)
  })
})
