import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { clusterResource } from '@flotilla/api/cluster'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { createKubeClient, type KubeClient } from '@flotilla/kube-client/client'
import type { KubeObject } from '@flotilla/machinery/object'
import { configMaps, customResourceDefinitions } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aFolder } from '../../test/a-folder.ts'
import { createCommandEnv } from '../command-env.ts'
import { accessBy } from '../reach/kubeconfig-files.ts'
import { openDataFolder, type DataFolder } from './data-folder.ts'
import { startEmbeddedHub, type EmbeddedHub } from './embedded-hub.ts'

const env = createCommandEnv()
const path = join(aFolder(), 'hub')
let running: { folder: DataFolder; hub: EmbeddedHub; api: KubeClient }

async function start() {
  const folder = openDataFolder(path)
  const hub = await startEmbeddedHub({ env, folder, listen: { host: '127.0.0.1', port: 0 } })
  const api = createKubeClient({ env, ...(await accessBy(env, [hub.kubeconfig])) })
  return { folder, hub, api }
}

async function stop() {
  await running.api.close()
  await running.hub[Symbol.asyncDispose]()
  running.folder.close()
}

beforeAll(async () => {
  running = await start()
}, 30_000)
afterAll(() => stop())

const configMap: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'kept', namespace: 'default' },
  data: { a: '1' },
}

describe('startEmbeddedHub()', () => {
  it('keeps keys and kubeconfig for their owner only', () => {
    const secret = [
      'kubeconfig',
      'ca.key',
      'server.key',
      'admin.key',
      'service-account.key',
      'encryption.key',
      'holder.json',
    ]
    const modes = secret.map((name) => (statSync(join(path, name)).mode & 0o777).toString(8))
    expect(new Set(modes)).toEqual(new Set(['600']))
  })

  it('makes its administrator one by RBAC, not by system:masters', async () => {
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
    const answer = await running.api.raw({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body,
    })
    const { status } = answer.body as { status: { userInfo: { username: string; groups: string[] } } }
    expect(status.userInfo.username).toBe('flotilla-admin')
    expect(status.userInfo.groups).toEqual(['system:authenticated'])
  })

  it('lets nobody in without credentials', async () => {
    const access = await accessBy(env, [running.hub.kubeconfig])
    await using nobody = createKubeClient({ env, server: access.server, credentials: {} })
    await expect(nobody.list(configMaps)).rejects.toMatchObject({ code: 'Unauthenticated' })
  })

  it.each([
    { name: 'a policy with no selectors', spec: { resourceSelectors: [] }, want: 'spec.resourceSelectors' },
    {
      name: 'an unknown enum',
      spec: { resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }], conflictResolution: 'Fight' },
      want: 'spec.conflictResolution',
    },
  ])('refuses $name, naming the field', async ({ spec, want }) => {
    const policy = { ...configMap, apiVersion: 'flotilla.dev/v1alpha1', kind: 'PropagationPolicy', spec } as KubeObject
    await expect(running.api.create(propagationPolicyResource, policy)).rejects.toThrow(want)
  })

  it('refuses a member without https', async () => {
    const cluster = {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'Cluster',
      metadata: { name: 'plain' },
      spec: { id: 'some-id', apiEndpoint: 'http://10.0.0.1:6443', secretRef: { name: 'plain' } },
    }
    await expect(running.api.create(clusterResource, cluster)).rejects.toThrow('must begin with https://')
  })

  it('goes on where it was when it is started again: same identity, same certificates, same objects', async () => {
    await running.api.create(configMaps, configMap)
    const before = {
      id: running.hub.id,
      ca: readFileSync(join(path, 'ca.crt'), 'utf8'),
      admin: readFileSync(join(path, 'admin.crt'), 'utf8'),
    }
    const definitions = await running.api.list(customResourceDefinitions)
    await stop()
    running = await start()
    expect(running.folder.isNew).toBe(false)
    const after = {
      id: running.hub.id,
      ca: readFileSync(join(path, 'ca.crt'), 'utf8'),
      admin: readFileSync(join(path, 'admin.crt'), 'utf8'),
    }
    expect(after).toEqual(before)
    expect(await running.api.get(configMaps, configMap.metadata)).toMatchObject({ data: { a: '1' } })
    const versions = ({ items }: typeof definitions) => items.map(({ metadata }) => metadata.resourceVersion)
    expect(versions(await running.api.list(customResourceDefinitions))).toEqual(versions(definitions))
  })
})
