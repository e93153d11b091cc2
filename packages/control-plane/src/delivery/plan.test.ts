import { describe, expect, test } from 'vitest'
import type { Row } from '../members/row.ts'
import { planStep, type Live, type Situation, type WantedObject } from './plan.ts'
import { defaultSettings, type DeliverySettings } from './settings.ts'

const id = 'apps/Deployment/shop/web'
const now = 1_000_000

function aRow(row: Partial<Row> = {}): Row {
  return {
    key: 'shop/web',
    uid: 'copy',
    resourceVersion: '1',
    hub: 'hub',
    template: 'template',
    templateGeneration: 1,
    applied: 'hash',
    owned: 'fields',
    replicaOwners: [],
    isObserved: true,
    replicas: 1,
    readyReplicas: 1,
    health: { state: 'Healthy', message: '' },
    isUp: true,
    isFinished: false,
    isDeleting: false,
    isDerived: false,
    status: {},
    isStatusKnown: true,
    observedAt: now,
    ...row,
  }
}

function hold(settings: Partial<DeliverySettings> = {}, more: Partial<WantedObject> = {}): WantedObject {
  return {
    kind: 'hold',
    hash: 'hash',
    owned: 'fields',
    hasFinished: false,
    adoptable: new Set(),
    settings: { ...defaultSettings, ...settings },
    ...more,
  }
}

const remove = {
  kind: 'remove',
  mode: 'delete',
  templateUids: new Set(['template']),
  isSuspended: false,
  isHeld: false,
} as const
const absent: Live = { found: false }
const theirs = (isIdentical: boolean, row: Partial<Row> = {}): Live => ({
  found: true,
  row: aRow({ hub: undefined, ...row }),
  isOurs: false,
  isIdentical,
})
const ours = (row: Partial<Row> = {}): Live => ({ found: true, row: aRow(row), isOurs: true, isIdentical: false })

function plan(situation: Partial<Situation> & Pick<Situation, 'wanted'>) {
  return planStep({ id, hubId: 'hub', row: undefined, live: undefined, truce: undefined, ...situation })
}

describe('planStep() applies', () => {
  test.each([
    {
      name: 'creates what is not in the cache, which nothing that is there lets happen',
      given: { wanted: hold() },
      want: { kind: 'apply', why: 'create', uid: undefined, force: false },
    },
    {
      name: 'reads first what ran to its end and is not in the cache',
      given: { wanted: hold({}, { hasFinished: true }) },
      want: { kind: 'get' },
    },
    {
      name: 'creates what is absent, without force and without a UID',
      given: { wanted: hold(), live: absent },
      want: { kind: 'apply', why: 'create', uid: undefined, force: false },
    },
    {
      name: 'does not run again what ran to its end',
      given: { wanted: hold({}, { hasFinished: true }), live: absent },
      want: { kind: 'done' },
    },
    { name: 'leaves ours alone when it is as stated', given: { wanted: hold(), row: aRow() }, want: { kind: 'done' } },
    {
      name: 'updates ours with its UID when it differs, without force at first',
      given: { wanted: hold(), row: aRow({ applied: 'old' }) },
      want: { kind: 'apply', why: 'update', uid: 'copy', force: false },
    },
    {
      name: 'labels ours again when its label is gone',
      given: { wanted: hold(), live: ours({ hub: undefined }) },
      want: { kind: 'apply', why: 'update', uid: 'copy', force: false },
    },
    {
      name: 'waits for ours to go when it is being deleted',
      given: { wanted: hold(), row: aRow({ isDeleting: true }) },
      want: { kind: 'wait' },
    },
    {
      name: 'believes a live read rather than the cache',
      given: { wanted: hold(), row: aRow(), live: absent },
      want: { kind: 'apply', why: 'create', uid: undefined, force: false },
    },
    {
      name: 'restores drift by force',
      given: { wanted: hold(), row: aRow({ owned: 'less' }) },
      want: { kind: 'apply', why: 'restore', uid: 'copy', force: true },
    },
    {
      name: 'leaves to others what they are left, and tells',
      given: { wanted: hold(), row: aRow({ owned: 'less' }), truce: { owned: 'less', endsInMs: 54_000 } },
      want: { kind: 'conflicted', retryAfterMs: 54_000 },
    },
    {
      name: 'restores what is taken besides',
      given: { wanted: hold(), row: aRow({ owned: 'least' }), truce: { owned: 'less', endsInMs: 54_000 } },
      want: { kind: 'apply', why: 'restore', uid: 'copy', force: true },
    },
    {
      name: 'only reports drift where the policy says so',
      given: { wanted: hold({ drift: 'Report' }), row: aRow({ owned: 'less' }) },
      want: { kind: 'report' },
    },
    {
      name: 'sees no drift where it cannot know what it should own',
      given: { wanted: hold({}, { owned: undefined }), row: aRow({ owned: 'less' }) },
      want: { kind: 'done' },
    },
    {
      name: 'adopts by IfIdentical what is identical, without force',
      given: { wanted: hold(), live: theirs(true) },
      want: { kind: 'apply', why: 'adopt', uid: 'copy', force: false },
    },
    {
      name: 'refuses by IfIdentical what differs',
      given: { wanted: hold(), live: theirs(false) },
      want: { kind: 'refuse', reason: 'NotIdentical' },
    },
    {
      name: 'adopts what a person consented to, whatever it holds and the policy says',
      given: {
        wanted: hold({ conflictResolution: 'Abort' }, { adoptable: new Set(['copy']) }),
        live: theirs(false),
      },
      want: { kind: 'apply', why: 'overwrite', uid: 'copy', force: true },
    },
    {
      name: 'adopts no other object that came in its place',
      given: { wanted: hold({}, { adoptable: new Set(['copy']) }), live: theirs(false, { uid: 'another' }) },
      want: { kind: 'refuse', reason: 'NotIdentical' },
    },
    {
      name: 'adopts nothing of another hub',
      given: { wanted: hold({}, { adoptable: new Set(['copy']) }), live: theirs(false, { hub: 'other' }) },
      want: { kind: 'refuse', reason: 'NotIdentical' },
    },
    {
      name: 'refuses by Abort even what is identical',
      given: { wanted: hold({ conflictResolution: 'Abort' }), live: theirs(true) },
      want: { kind: 'refuse', reason: 'Abort' },
    },
    {
      name: 'takes by force with Overwrite',
      given: { wanted: hold({ conflictResolution: 'Overwrite' }), live: theirs(false) },
      want: { kind: 'apply', why: 'overwrite', uid: 'copy', force: true },
    },
  ])('$name', ({ given, want }) => expect(plan(given)).toEqual(want))
})

describe('planStep() removes', () => {
  test.each([
    {
      name: 'reads what it removes, whatever the cache holds',
      given: { wanted: remove, row: aRow() },
      want: { kind: 'get' },
    },
    { name: 'is done with what is absent', given: { wanted: remove, live: absent }, want: { kind: 'gone' } },
    {
      name: 'deletes ours of the right template, just as it was read',
      given: { wanted: remove, live: ours({ resourceVersion: '7' }) },
      want: { kind: 'delete', uid: 'copy', resourceVersion: '7' },
    },
    {
      name: 'leaves what does not carry our label',
      given: { wanted: remove, live: ours({ hub: undefined }) },
      want: { kind: 'gone' },
    },
    {
      name: 'leaves what carries the label of another hub',
      given: { wanted: remove, live: ours({ hub: 'other' }) },
      want: { kind: 'gone' },
    },
    {
      name: "leaves what carries another template's UID",
      given: { wanted: remove, live: ours({ template: 'newer' }) },
      want: { kind: 'gone' },
    },
    {
      name: 'waits for what is being deleted',
      given: { wanted: remove, live: ours({ isDeleting: true }) },
      want: { kind: 'wait' },
    },
    {
      name: 'lets go of what is to be orphaned',
      given: { wanted: { ...remove, mode: 'orphan' as const }, live: ours() },
      want: { kind: 'orphan', uid: 'copy' },
    },
    ...[
      '/Namespace//shop',
      '/PersistentVolumeClaim/shop/data',
      '/PersistentVolume//pv',
      'apiextensions.k8s.io/CustomResourceDefinition//toys.toys.io',
    ].map((kept) => ({
      name: `keeps ${kept}`,
      given: { wanted: remove, live: ours(), id: kept },
      want: { kind: 'keep' },
    })),
  ])('$name', ({ given, want }) => expect(plan(given)).toEqual(want))
})
