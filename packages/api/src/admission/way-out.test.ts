// A refusal says what is wrong and how to go on.
import type { KubeObject } from '@flotilla/machinery/object'
import { expect, test } from 'vitest'
import { admissionRules } from '../admission.ts'

const selector = { apiVersion: 'apps/v1', kind: 'Deployment' }
const apiVersion = 'flotilla.dev/v1alpha1'

function aPolicy(spec: object, namespace = 'shop'): KubeObject {
  const metadata = { namespace, name: 'web' }
  return { apiVersion, kind: 'PropagationPolicy', metadata, spec: { resourceSelectors: [selector], ...spec } }
}

const selecting = (more: object) => aPolicy({ resourceSelectors: [{ ...selector, ...more }] })
const placing = (placement: object) => aPolicy({ placement })
const where = (requirement: object) =>
  placing({ clusterAffinity: { fieldSelector: { matchExpressions: [{ key: 'region', ...requirement }] } } })
const toA = { clusterNames: ['a'] }
const weights = { weightPreference: { staticWeightList: [{ targetCluster: toA, weight: 1 }] } }

function anOverride(overriders: object): KubeObject {
  const spec = { resourceSelectors: [selector], overrideRules: [{ overriders }] }
  return { apiVersion, kind: 'OverridePolicy', metadata: { namespace: 'shop', name: 'web' }, spec }
}

test.each([
  { name: 'a reserved namespace', object: aPolicy({}, 'kube-system'), way: /keep templates .* in another namespace/ },
  { name: 'name and labels', object: selecting({ name: 'a', labelSelector: {} }), way: /leave one of them out/ },
  { name: "another's namespace", object: selecting({ namespace: 'x' }), way: /leave it out, or use a cluster-wide/ },
  { name: 'namespaces by label', object: selecting({ namespaceSelector: {} }), way: /leave it out, or use one/ },
  { name: 'In without values', object: where({ operator: 'In' }), way: /give at least one/ },
  { name: 'Exists with values', object: where({ operator: 'Exists', values: ['a'] }), way: /leave them out/ },
  {
    name: 'a cluster named and excluded',
    object: placing({ clusterAffinity: { ...toA, exclude: ['a'] } }),
    way: /leave it out of one of them/,
  },
  {
    name: 'weights of what is duplicated',
    object: placing({ replicaScheduling: weights }),
    way: /set that, or leave it out/,
  },
  {
    name: 'weights of what is counted',
    object: placing({
      replicaScheduling: { replicaSchedulingType: 'Divided', replicaDivisionPreference: 'Counts', ...weights },
    }),
    way: /set that, or leave it out/,
  },
  {
    name: 'a weight of a cluster that is ruled out',
    object: placing({
      clusterAffinity: { clusterNames: ['b'] },
      replicaScheduling: { replicaSchedulingType: 'Divided', ...weights },
    }),
    way: /allow it there, or leave it out here/,
  },
  {
    name: 'a suspension of all and of some',
    object: aPolicy({ suspension: { dispatching: true, dispatchingOnClusters: toA } }),
    way: /leave one of them out/,
  },
  { name: 'no overrider', object: anOverride({}), way: /such as imageOverrider/ },
  {
    name: 'an override of our labels',
    object: anOverride({ labelsOverrider: [{ operator: 'add', value: { 'flotilla.dev/hub': 'x' } }] }),
    way: /leave them out/,
  },
  {
    name: 'an override of the name',
    object: anOverride({ plaintext: [{ path: '/metadata/name', operator: 'replace', value: 'x' }] }),
    way: /leave it out/,
  },
])('admit() refuses $name and says how to go on', ({ object, way }) => {
  expect(() =>
    admissionRules.get(object.kind)?.admit({ operation: 'CREATE', object, author: { name: 'a', groups: [] } }),
  ).toThrow(way)
})
