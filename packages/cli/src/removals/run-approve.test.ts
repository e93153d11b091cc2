// flotilla approve on a hub with a member: what is held is listed and told of, and goes when a person says so.
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { resourceBindingResource, type ResourceBinding } from '@flotilla/api/resource-binding'
import { approvalsKey } from '@flotilla/control-plane/delivery/breaker/approval'
import { textAt } from '@flotilla/machinery/untyped'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DemoMember } from '../demo/demo-member.ts'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'

const names = Array.from({ length: 22 }, (_, index) => `c${index}`)

let t: TestHub
let member: DemoMember

beforeAll(async () => {
  t = await startTestHub()
  member = await t.startMember('eu')
  await t.run('join', 'eu', '--cluster-kubeconfig', t.kubeconfigOf(member))
  const label = { matchLabels: { app: 'shop' } }
  await t.hub.api.create(propagationPolicyResource, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { namespace: 'default', name: 'all' },
    spec: { resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap', labelSelector: label }] },
  })
  for (const name of names) {
    const metadata = { namespace: 'default', name, labels: { app: 'shop' } }
    await t.hub.api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
  }
}, 90_000)
afterAll(() => t[Symbol.asyncDispose]())

async function copies(): Promise<number> {
  return (await member.simulated.api.list(configMaps, { namespace: 'default', labelSelector: 'app=shop' })).items.length
}

async function held(): Promise<number> {
  const { items } = await t.hub.api.list<ResourceBinding>(resourceBindingResource)
  return items.filter(({ spec }) => spec.removalHold !== undefined).length
}

describe('flotilla approve', () => {
  it('lists what is held, and why; status and doctor tell of it', async () => {
    await expect.poll(copies, { timeout: 30_000 }).toBe(22)
    for (const name of names) await t.hub.api.delete(configMaps, { namespace: 'default', name })
    await expect.poll(held, { timeout: 30_000 }).toBe(22)
    const { out } = await t.run('approve')
    expect(out).toMatch(/configmap\/c0 +default +eu +1 +template deleted +all/)
    expect(out).toMatch(/Of policy all 22 of 22 bindings would lose copies or go within an hour, and 20 may\.\n/)
    expect(out).toMatch(/Next: flotilla approve --policy all -n default, or undo what caused it\n/)
    expect((await t.run('status')).out).toMatch(/Held {7}22 of 22 bindings .*\n {11}Next: flotilla approve\n/)
    expect(await t.run('doctor')).toMatchObject({ code: 1, out: expect.stringMatching(/held of 22 of 22 bindings/) })
    expect(await copies()).toBe(22)
  }, 60_000)

  it('shows with --dry-run what would go, and lets nothing go', async () => {
    expect((await t.run('approve', 'cm/c1', '--dry-run')).out).toMatch(/^Would let go:\nNAME.*\nconfigmap\/c1 /)
    expect((await t.run('approve', '--all', '--dry-run', '-o', 'json')).out).toContain('"name": "c21"')
    expect(await held()).toBe(22)
  })

  it('names what is not held, and takes one way of choosing', async () => {
    expect((await t.run('approve', 'cm/other')).err).toBe(
      'Error: Cannot approve anything of ConfigMap default/other: nothing of it is held. Next: flotilla approve\n',
    )
    expect((await t.run('approve', '--all', '--policy', 'all')).err).toMatch(/by --policy and --all at once/)
  })

  it('lets go one, then those of a policy, and writes down who did', async () => {
    expect((await t.run('approve', 'configmap', 'c1')).out).toBe('configmap/c1 approved\n')
    await expect.poll(copies, { timeout: 20_000 }).toBe(21)
    expect(await held()).toBe(21)
    expect((await t.run('approve', '--policy', 'all', '-n', 'default')).code).toBe(0)
    await expect.poll(copies, { timeout: 20_000 }).toBe(0)
    const lines = textAt(await t.hub.api.get(configMaps, approvalsKey), 'data', 'approvals')
      .trim()
      .split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { by: expect.stringMatching(/./), what: 'configmap/c1', bindings: 1, copies: 1 },
      { what: '--policy all', bindings: 21 },
    ])
    expect((await t.run('approve')).err).toBe('Nothing is held.\n')
  }, 60_000)
})
