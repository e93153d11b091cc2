import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import type { FollowerKind } from '../interpreter/follower-kinds.ts'
import { noRules } from '../interpreter/rule-book.ts'
import { followersOf } from './dependencies.ts'
import type { NamespaceObjects } from './dependencies.ts'

type Rest = Readonly<Record<string, unknown>>

function an(kind: string, name: string, rest: Rest = {}, apiVersion = 'v1'): KubeObject {
  return { apiVersion, kind, metadata: { name, namespace: 'shop' }, ...rest }
}

function namespaceOf(objects: readonly KubeObject[]): NamespaceObjects {
  return {
    get: (kind: FollowerKind, name) => objects.find((each) => each.kind === kind && each.metadata.name === name),
    list: (kind: FollowerKind) => objects.filter((each) => each.kind === kind),
  }
}

function aDeployment(podSpec: Rest, name = 'web'): KubeObject {
  const spec = { template: { metadata: { labels: { app: name } }, spec: podSpec } }
  return an('Deployment', name, { spec }, 'apps/v1')
}

const everything = [
  an('ConfigMap', 'a'),
  an('ConfigMap', 'b'),
  an('ConfigMap', 'c'),
  an('ConfigMap', 'unused'),
  an('Secret', 'pull'),
  an('Secret', 'a'),
  an('Secret', 'account-pull'),
  an('Secret', 'tls'),
  an('ServiceAccount', 'runner', { imagePullSecrets: [{ name: 'account-pull' }] }),
  an('PersistentVolumeClaim', 'data'),
  an('Service', 'web', { spec: { selector: { app: 'web' } } }),
  an('Service', 'other', { spec: { selector: { app: 'other' } } }),
  an('Service', 'selectorless', { spec: {} }),
  an('Ingress', 'web', {
    spec: {
      tls: [{ secretName: 'tls' }],
      rules: [{ http: { paths: [{ backend: { service: { name: 'web' } } }] } }],
    },
  }),
  an('Ingress', 'other', { spec: { defaultBackend: { service: { name: 'other' } } } }),
  an('PodDisruptionBudget', 'web', { spec: { selector: { matchLabels: { app: 'web' } } } }),
  an('PodDisruptionBudget', 'none', { spec: {} }),
  an('HorizontalPodAutoscaler', 'web', {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
  }),
  an('HorizontalPodAutoscaler', 'other', {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'other' } },
  }),
]

function followerNames(workload: KubeObject): readonly string[] {
  return followersOf(workload, namespaceOf(everything), noRules, () => []).map(
    (each) => `${each.kind}/${each.metadata.name}`,
  )
}

const pointing = ['Service/web', 'Ingress/web', 'PodDisruptionBudget/web', 'HorizontalPodAutoscaler/web']

describe('followersOf()', () => {
  const cases: { name: string; podSpec: Rest; want: readonly string[] }[] = [
    { name: 'finds what points at the pods', podSpec: {}, want: ['Secret/tls', ...pointing] },
    {
      name: 'finds ConfigMaps and Secrets of environment and volumes',
      podSpec: {
        containers: [
          { envFrom: [{ configMapRef: { name: 'a' } }] },
          { env: [{ valueFrom: { secretKeyRef: { name: 'a' } } }] },
        ],
        initContainers: [{ env: [{ valueFrom: { configMapKeyRef: { name: 'b' } } }] }],
        volumes: [{ projected: { sources: [{ configMap: { name: 'c' } }] } }],
      },
      want: ['ConfigMap/a', 'ConfigMap/b', 'ConfigMap/c', 'Secret/a', 'Secret/tls', ...pointing],
    },
    {
      name: 'finds the account with its pull secrets, pull secrets and claims',
      podSpec: {
        serviceAccountName: 'runner',
        imagePullSecrets: [{ name: 'pull' }],
        volumes: [{ persistentVolumeClaim: { claimName: 'data' } }],
      },
      want: [
        'Secret/account-pull',
        'Secret/pull',
        'Secret/tls',
        'ServiceAccount/runner',
        'PersistentVolumeClaim/data',
        ...pointing,
      ],
    },
    {
      name: 'finds a Secret that a driver reads',
      podSpec: { volumes: [{ csi: { nodePublishSecretRef: { name: 'a' } } }] },
      want: ['Secret/a', 'Secret/tls', ...pointing],
    },
    {
      name: 'passes over what the hub does not hold',
      podSpec: { containers: [{ envFrom: [{ configMapRef: { name: 'missing' } }] }] },
      want: ['Secret/tls', ...pointing],
    },
  ]
  test.each(cases)('$name', ({ podSpec, want }) => {
    expect(followerNames(aDeployment(podSpec))).toEqual(want)
  })

  test('gives an object without pods only what scales it', () => {
    const set = an('CloneSet', 'web', {}, 'apps.kruise.io/v1alpha1')
    expect(followerNames(set)).toEqual([])
    const target = { spec: { scaleTargetRef: { apiVersion: 'apps.kruise.io/v1beta1', kind: 'CloneSet', name: 'web' } } }
    const hpa = an('HorizontalPodAutoscaler', 'set', target)
    expect(followersOf(set, namespaceOf([hpa]), noRules, () => [])).toEqual([hpa])
  })
})
