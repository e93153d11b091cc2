import type { KubeObject } from '@flotilla/machinery/object'
import { dictAt, valueAt } from '@flotilla/machinery/untyped'
import {
  configMaps,
  deployments,
  jobs,
  namespaces,
  services,
  statefulSets,
} from '@flotilla/machinery/well-known-resources'
import type { Resource } from '@flotilla/machinery/resource'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'
import { builtinSchemaOf } from '../members/member-kinds.ts'
import { statedTemplate } from './stated.ts'

let t: TestHub
beforeEach(async () => {
  t = await startTestHub()
  await t.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
})
afterEach(() => t[Symbol.asyncDispose]())

const stated = (template: KubeObject) => statedTemplate(template, builtinSchemaOf(template.apiVersion, template.kind))
const inShop = (name: string) => ({ namespace: 'shop', name })
const pod = (container: object = {}) => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'web:1', imagePullPolicy: 'IfNotPresent', ...container }] },
})
const selector = { matchLabels: { app: 'web' } }

/** As plain creates send them; what the hub's server makes of them has to be undone. */
const manifests: readonly { resource: Resource; object: KubeObject }[] = [
  {
    resource: deployments,
    object: {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { ...inShop('web'), labels: { app: 'web' }, annotations: { note: 'x' } },
      spec: {
        replicas: 3,
        selector,
        strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } },
        template: pod({
          ports: [{ containerPort: 80, protocol: 'TCP' }],
          env: [
            { name: 'A', value: 'b' },
            { name: 'NODE', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } } },
          ],
          readinessProbe: { httpGet: { path: '/healthz', port: 80 } },
          resources: { requests: { cpu: '100m' } },
        }),
      },
    },
  },
  {
    resource: statefulSets,
    object: {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: inShop('db'),
      spec: { serviceName: 'db', selector, replicas: 2, template: pod() },
    },
  },
  {
    resource: jobs,
    object: {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: inShop('once'),
      spec: {
        parallelism: 2,
        completions: 4,
        template: {
          spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x:1', imagePullPolicy: 'Always' }] },
        },
      },
    },
  },
  { resource: configMaps, object: { apiVersion: 'v1', kind: 'ConfigMap', metadata: inShop('c'), data: { a: '' } } },
  {
    resource: services,
    object: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: inShop('web'),
      spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, protocol: 'TCP', targetPort: 8080 }] },
    },
  },
]

describe('statedTemplate()', () => {
  test.each(manifests)('of a plain create of a $object.kind is what was sent', async ({ resource, object }) => {
    const created = await t.api.create(resource, object)
    expect(stated(created)).toEqual(object)
  })

  test('keeps a default that somebody applied by name', async () => {
    const object = manifests[0]?.object as KubeObject
    const named = { ...object, spec: { ...dictAt(object, 'spec'), revisionHistoryLimit: 10, minReadySeconds: 0 } }
    const { object: applied } = await t.api.apply(deployments, named, { fieldManager: 'kubectl' })
    expect(valueAt(stated(applied), 'spec', 'revisionHistoryLimit')).toBe(10)
    expect(valueAt(stated(applied), 'spec', 'progressDeadlineSeconds')).toBeUndefined()
  })

  test('keeps a default that the last-applied annotation names, and not the annotation', async () => {
    const object = manifests[0]?.object as KubeObject
    const named = { ...object, spec: { ...dictAt(object, 'spec'), revisionHistoryLimit: 10 } }
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify(named) }
    const created = await t.api.create(deployments, { ...named, metadata: { ...named.metadata, annotations } })
    expect(valueAt(stated(created), 'spec', 'revisionHistoryLimit')).toBe(10)
    expect(stated(created).metadata.annotations).toBeUndefined()
  })

  test('drops what belongs to the copy on the hub', () => {
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        ...inShop('c'),
        uid: 'u',
        resourceVersion: '1',
        generation: 2,
        creationTimestamp: 'x',
        finalizers: ['f'],
        ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'y' }],
        managedFields: [],
        labels: { 'flotilla.dev/hub': 'other', app: 'web' },
        annotations: { 'flotilla.dev/applied': 'x' },
      },
      data: { a: '1' },
      status: { phase: 'x' },
    }
    expect(stated(object)).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { ...inShop('c'), labels: { app: 'web' } },
      data: { a: '1' },
    })
  })

  const aService = (spec: object, annotations: Record<string, string> = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...inShop('s'), annotations },
    spec: { ports: [{ port: 80, protocol: 'TCP', nodePort: 30_000 }], ...spec },
  })

  test('drops addresses and ports that the hub allocated', () => {
    const service = stated(
      aService({
        clusterIP: '10.0.0.1',
        clusterIPs: ['10.0.0.1'],
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      }),
    )
    expect(service['spec']).toEqual({ ports: [{ port: 80, protocol: 'TCP' }] })
  })

  test('keeps addresses and ports that a person set', () => {
    const spec = { clusterIP: '10.0.0.1', ports: [{ port: 80, nodePort: 30_000 }] }
    const last = { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ spec }) }
    expect(stated(aService({ clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'] }, last))['spec']).toEqual({
      clusterIP: '10.0.0.1',
      ports: [{ port: 80, protocol: 'TCP', nodePort: 30_000 }],
    })
  })

  test('keeps a Service headless', () => {
    expect(stated(aService({ clusterIP: 'None', clusterIPs: ['None'] }))['spec']).toMatchObject({ clusterIP: 'None' })
  })

  test('drops selector and controller labels of a Job, and when the hub cleans it up', () => {
    const labels = { 'controller-uid': 'u', 'batch.kubernetes.io/job-name': 'once', app: 'x' }
    const job: KubeObject = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: inShop('once'),
      spec: { selector: { matchLabels: labels }, ttlSecondsAfterFinished: 9, template: { metadata: { labels } } },
    }
    expect(stated(job)['spec']).toEqual({ template: { metadata: { labels: { app: 'x' } } } })
  })

  test("drops the volume of a claim and the server's part of a namespace", () => {
    const claim = {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: inShop('d'),
      spec: { volumeName: 'pv', storageClassName: 'x' },
    }
    expect(stated(claim)['spec']).toEqual({ storageClassName: 'x' })
    const namespace: KubeObject = {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { 'kubernetes.io/metadata.name': 'shop', team: 'a' } },
      spec: { finalizers: ['kubernetes'] },
    }
    expect(stated(namespace)).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { team: 'a' } },
    })
  })

  test('is computed once for each version of a template', () => {
    const template = { apiVersion: 'v1', kind: 'ConfigMap', metadata: inShop('c'), data: { a: '1' } }
    expect(stated(template)).toBe(stated(template))
  })
})
