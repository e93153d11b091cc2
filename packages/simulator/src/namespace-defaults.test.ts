import { isError } from '@flotilla/machinery/errors'
import { configMaps, namespaces, serviceAccounts } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { aCluster, type Scenario } from '../test/scenario.ts'

async function defaultsOf({ api }: Scenario, namespace: string) {
  const accounts = (await api.list(serviceAccounts, { namespace })).items
  const maps = (await api.list(configMaps, { namespace })).items
  return [...accounts, ...maps].map(({ kind, metadata }) => `${kind} ${metadata.name}`)
}

const both = ['ServiceAccount default', 'ConfigMap kube-root-ca.crt']

describe('createNamespaceDefaults()', () => {
  test('furnishes every namespace, and again what was deleted', async () => {
    await using scenario = await aCluster()
    await scenario.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    for (const namespace of ['default', 'kube-system', 'shop'])
      expect(await defaultsOf(scenario, namespace)).toEqual(both)
    await scenario.act(scenario.api.delete(serviceAccounts, { name: 'default', namespace: 'shop' }))
    expect(await defaultsOf(scenario, 'shop')).toEqual(both)
  })

  test('lets a namespace go', async () => {
    await using scenario = await aCluster()
    await scenario.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
    await scenario.act(scenario.api.delete(namespaces, { name: 'shop' }))
    await scenario.env.advance(60_000)
    const left = await scenario.api
      .get(namespaces, { name: 'shop' })
      .catch((error: unknown) => isError(error, 'NotFound'))
    expect(left).toBe(true)
    expect(scenario.complaints()).toEqual([])
  })
})
