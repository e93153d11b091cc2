import type { BindingSpec } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import type { BindingFate } from '../binding-fate.ts'
import { fateOf } from '../binding-fate.ts'
import type { Binding } from '../hub.ts'
import { claimsOn, removalOn } from './claims.ts'
import { defaultSettings, settingsOf, stricter } from './settings.ts'

const ref = (kind: string, name: string) => ({
  apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1',
  kind,
  namespace: 'shop',
  name,
  uid: `uid-${name}`,
})
const web = 'apps/Deployment/shop/web'
const settings = '/ConfigMap/shop/settings'

function aBinding(name: string, spec: Partial<BindingSpec> = {}, isDeleting = false): Binding {
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name, uid: name, ...(isDeleting ? { deletionTimestamp: 'now' } : {}) },
    spec: {
      workloads: [{ ref: ref('Deployment', 'web'), components: [] }],
      followers: [{ ref: ref('ConfigMap', 'settings') }],
      decision: {
        forHash: 'h',
        clusters: [{ name: 'eu', id: 'id-eu', replicas: 2 }],
        explanation: { trigger: 't', inputHash: 'i', feasible: 1, rejected: {}, clusters: [] },
      },
      ...spec,
    },
  }
}

const { uid: _, ...settingsRef } = ref('ConfigMap', 'settings')
const removal = {
  cluster: 'us',
  id: 'id-us',
  object: settingsRef,
  templateUID: 'uid-settings',
  reason: 'r',
  since: 's',
}

const us = {
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'Cluster',
  metadata: { name: 'us', uid: 'uid-us' },
  spec: { id: 'id-us' },
}

describe('claimsOn()', () => {
  test.each([
    { name: 'a workload where the decision puts it', bindings: [aBinding('a')], id: web, want: ['workload'] },
    { name: 'a follower with it', bindings: [aBinding('a')], id: settings, want: ['follower'] },
    {
      name: 'of several bindings, workloads first',
      bindings: [
        aBinding('a'),
        aBinding('b', { workloads: [{ ref: ref('ConfigMap', 'settings'), components: [] }], followers: [] }),
      ],
      id: settings,
      want: ['workload', 'follower'],
    },
    { name: 'nothing of a binding that is being deleted', bindings: [aBinding('a', {}, true)], id: web, want: [] },
    {
      name: 'nothing before there is a decision',
      bindings: [aBinding('a', { decision: undefined as never })],
      id: web,
      want: [],
    },
  ])('finds $name', ({ bindings, id, want }) => {
    expect(claimsOn(bindings, id, 'id-eu').map(({ role }) => role)).toEqual(want)
  })

  test('goes by the identity of a cluster, never by its name', () => {
    expect(claimsOn([aBinding('a')], web, 'eu')).toEqual([])
  })
})

const lenient = { fateOf: () => undefined, suspends: () => false, holds: () => false }

describe('removalOn()', () => {
  const fates = (fate?: BindingFate) => () => fate
  test.each([
    { name: 'nothing without evidence', binding: aBinding('a'), fate: undefined, want: undefined },
    {
      name: 'what a removal names, on its cluster',
      binding: aBinding('a', { removals: [removal] }),
      fate: undefined,
      want: { mode: 'delete', templateUids: new Set(['uid-settings']), isSuspended: false, isHeld: false },
    },
    {
      name: 'what a removal names, on its cluster as it was registered then',
      binding: aBinding('a', { removals: [{ ...removal, clusterUID: 'uid-us' }] }),
      fate: undefined,
      want: { mode: 'delete', templateUids: new Set(['uid-settings']), isSuspended: false, isHeld: false },
    },
    {
      name: 'nothing that a removal names, on its cluster when that has been registered anew',
      binding: aBinding('a', { removals: [{ ...removal, clusterUID: 'uid-us-before' }] }),
      fate: undefined,
      want: undefined,
    },
    {
      name: 'nothing of a deleted binding whose fate is not known',
      binding: aBinding('a', placed(), true),
      fate: undefined,
      want: undefined,
    },
    {
      name: 'nothing of a binding that only was deleted itself',
      binding: aBinding('a', placed(), true),
      fate: 'replace' as const,
      want: undefined,
    },
    {
      name: 'nothing of a binding whose kind the hub has lost',
      binding: aBinding('a', placed(), true),
      fate: 'release' as const,
      want: undefined,
    },
    {
      name: 'what a deleted binding placed',
      binding: aBinding('a', placed(), true),
      fate: 'remove' as const,
      want: { mode: 'delete', templateUids: new Set(['uid-settings']), isSuspended: false, isHeld: false },
    },
    {
      name: 'what is to be orphaned',
      binding: aBinding('a', placed(), true),
      fate: 'orphan' as const,
      want: { mode: 'orphan', templateUids: new Set(['uid-settings']), isSuspended: false, isHeld: false },
    },
  ])('finds $name', ({ binding, fate, want }) => {
    expect(removalOn([binding], settings, us, { ...lenient, fateOf: fates(fate) })).toEqual(want)
  })

  test('is suspended by the policy of any binding that gives evidence, and of no other', () => {
    const bindings = [aBinding('a', { removals: [removal] }), aBinding('b', { removals: [removal] }), aBinding('c')]
    const suspendedBy = (name: string) =>
      removalOn(bindings, settings, us, { ...lenient, suspends: ({ metadata }) => metadata.name === name })?.isSuspended
    expect(['a', 'b', 'c'].map(suspendedBy)).toEqual([true, true, false])
  })

  test('is held when that of any binding is held, and never what stays without our marks', () => {
    const bindings = [aBinding('a', { removals: [removal] }), aBinding('b', { removals: [removal] }), aBinding('c')]
    const heldBy = (name: string) =>
      removalOn(bindings, settings, us, { ...lenient, holds: ({ metadata }) => metadata.name === name })?.isHeld
    expect(['a', 'b', 'c'].map(heldBy)).toEqual([true, true, false])
    const orphaned = [aBinding('a', { removals: [{ ...removal, orphan: true }] })]
    expect(removalOn(orphaned, settings, us, { ...lenient, holds: () => true })?.isHeld).toBe(false)
  })

  function placed(): Partial<BindingSpec> {
    const explanation = { trigger: 't', inputHash: 'i', feasible: 1, rejected: {}, clusters: [] }
    return { decision: { forHash: 'h', clusters: [{ name: 'us', id: 'id-us', replicas: 1 }], explanation } }
  }
})

describe('stricter()', () => {
  test('writes less: the setting of either that keeps more hands off holds', () => {
    const careful = settingsOf(
      { resourceSelectors: [], conflictResolution: 'Abort', drift: { mode: 'Report', ignoreFields: ['a'] } },
      'eu',
    )
    const bold = settingsOf(
      { resourceSelectors: [], conflictResolution: 'Overwrite', suspension: { dispatching: true } },
      'eu',
    )
    const want = { conflictResolution: 'Abort', drift: 'Report', ignoreFields: ['a'], isSuspended: true }
    expect([stricter(careful, bold), stricter(bold, careful)]).toEqual([want, want])
  })

  test('settings of a policy that is gone are the defaults', () => {
    expect(settingsOf(undefined, 'eu')).toEqual(defaultSettings)
  })
})

describe('fateOf()', () => {
  const { metadata, ...rest } = aBinding('a', {}, true)
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'uid-web' }
  const owned = { ...rest, metadata: { ...metadata, ownerReferences: [owner] } }
  const template = (uid: string, more: object = {}) => ({
    ...ref('Deployment', 'web'),
    metadata: { name: 'web', uid, ...more },
  })
  test.each([
    { name: 'removes when the template is gone', templates: [undefined], preserves: false, want: 'remove' },
    { name: 'removes when another has taken its name', templates: [template('new')], preserves: false, want: 'remove' },
    {
      name: 'removes when the template is going',
      templates: [template('uid-web', { deletionTimestamp: 'x' })],
      preserves: false,
      want: 'remove',
    },
    { name: 'is replaced when the template lives', templates: [template('uid-web')], preserves: true, want: 'replace' },
    { name: 'orphans when the policy preserves', templates: [undefined], preserves: true, want: 'orphan' },
  ])('$name', ({ templates, preserves, want }) => {
    expect(fateOf(owned, templates, preserves)).toBe(want)
  })

  test('orphans what was deleted with --cascade=orphan, also when only the garbage collector had the time to say so', () => {
    expect(fateOf(aBinding('a', {}, true), [undefined], false)).toBe('orphan')
  })

  test('orphans what was deleted with --cascade=orphan', () => {
    const marked = { ...owned, metadata: { ...owned.metadata, annotations: { 'flotilla.dev/orphan': 'true' } } }
    expect(fateOf(marked, [undefined], false)).toBe('orphan')
  })
})
