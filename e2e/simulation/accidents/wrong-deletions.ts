// Copies that went although nobody had asked for it.
import type * as absence from '../../../packages/control-plane/src/absence.ts'
import type * as availability from '../../../packages/scheduler/src/filters/availability.ts'
import type * as bindingFate from '../../../packages/control-plane/src/binding-fate.ts'
import type * as claims from '../../../packages/control-plane/src/delivery/claims.ts'
import type * as orphan from '../../../packages/control-plane/src/members/orphan.ts'
import type * as plan from '../../../packages/control-plane/src/delivery/plan.ts'
import type * as reflector from '../../../packages/runtime/src/reflector.ts'
import type * as registration from '../../../packages/control-plane/src/registration.ts'
import type * as removals from '../../../packages/control-plane/src/binding/scheduler/removals.ts'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { scenarioOf, withoutGuard, type Accident } from './accident.ts'

/** Clusters cannot be listed on the hub, while all else goes on. */
const noClusters = { refusals: 1, refusal: 'Internal', onlyReadsOf: 'clusters' } as const

/** Reads that fail look like reads of nothing. */
function emptyWhenItFails(api: KubeApi): KubeApi {
  async function* watch(...args: Parameters<KubeApi['watch']>) {
    let isAnswered = false
    try {
      for await (const event of api.watch(...args)) {
        isAnswered = true
        yield event
      }
    } catch (error) {
      if (isAnswered || args[1]?.sendInitialEvents !== true) throw error
      yield { type: 'BOOKMARK', resourceVersion: '1', initialEventsEnd: true } as const
    }
  }
  return { ...api, watch: watch as KubeApi['watch'] }
}

export const wrongDeletions: readonly Accident[] = [
  {
    name: 'a list that failed is taken for an empty one, and everything goes (argo-cd#18480)',
    scenario: scenarioOf(
      'list fails',
      60_000,
      [
        { at: 25_000, do: 'weather', server: 'hub', weather: noClusters, forMs: 20_000 },
        { at: 25_100, do: 'break-watches', server: 'hub', how: 'expired' },
      ],
      { actsWithinMs: 15_000 },
    ),
    guard: withoutGuard<typeof reflector>('runtime/reflector', ({ Reflector }) => ({
      Reflector: class extends Reflector {
        constructor(...[options, ...rest]: ConstructorParameters<typeof Reflector>) {
          super({ ...options, api: emptyWhenItFails(options.api) }, ...rest)
        }
      },
    })),
    violates: 'shrink',
  },
  {
    name: 'a path that is not served just now is taken for an object that is gone (argo-cd#9227)',
    scenario: scenarioOf('path not found', 60_000, [
      { at: 25_000, do: 'weather', server: 'us', weather: { refusals: 1, refusal: 'NotFound' }, forMs: 20_000 },
      { at: 26_000, do: 'remove', app: 'web' },
    ]),
    guard: withoutGuard<typeof absence>('control-plane/absence', () => ({
      isAbsence: (error: { readonly code?: string }) => error.code === 'NotFound',
    })),
    violates: 'I7',
  },
  {
    name: 'a cluster that does not answer is emptied though nothing else fits (karmada#7455)',
    scenario: scenarioOf('not ready', 120_000, [{ at: 25_000, do: 'down', server: 'us', forMs: 80_000 }], {
      actsWithinMs: 15_000,
    }),
    guard: withoutGuard<typeof availability>('scheduler/filters/availability', () => ({
      notReady: { name: 'NotReady', prepare: () => leaveUnless(({ ready }) => ready) },
    })),
    violates: 'shrink',
  },
  {
    name: 'a cluster that is being upgraded behind refused credentials is emptied (karmada#6098)',
    scenario: scenarioOf(
      'credentials refused',
      90_000,
      [
        {
          at: 25_000,
          do: 'weather',
          server: 'us',
          weather: { refusals: 1, refusal: 'Unauthenticated' },
          forMs: 60_000,
        },
      ],
      { actsWithinMs: 15_000 },
    ),
    guard: withoutGuard<typeof availability>('scheduler/filters/availability', () => ({
      notReady: { name: 'NotReady', prepare: () => leaveUnless(({ ready }) => ready) },
    })),
    violates: 'shrink',
  },
  {
    name: 'what was moved away while its cluster was offline runs on when that comes back (karmada#2769)',
    scenario: scenarioOf('comes back', 60_000, [
      { at: 25_000, do: 'down', server: 'us', forMs: 20_000 },
      { at: 26_000, do: 'weigh', app: 'web', weights: { eu: 1 } },
    ]),
    guard: withoutGuard<typeof removals>('control-plane/binding/scheduler/removals', () => ({ removalsFor: () => [] })),
    violates: 'I7',
  },
  {
    name: 'what was to go under an old registration goes under a new one (kubeclipper#315)',
    scenario: scenarioOf('registered anew', 70_000, [
      { at: 25_000, do: 'down', server: 'us', forMs: 15_000 },
      { at: 26_000, do: 'weigh', app: 'web', weights: { eu: 1 } },
      { at: 34_000, do: 'crash', forMs: 10_000 },
      { at: 36_000, do: 'unjoin-by-force', cluster: 'us' },
      { at: 41_000, do: 'join', cluster: 'us', keeps: true },
    ]),
    guard: withoutGuard<typeof registration>('control-plane/registration', () => ({
      isRegisteredAs: ({ spec }: { spec: { id: string } }, { id }: { id: string }) => spec.id === id,
      withRegistrations: (decision: unknown) => decision,
    })),
    violates: 'I4',
  },
  {
    name: 'taking a cluster off the hub destroys what runs there (rancher#34932)',
    scenario: scenarioOf('unjoin', 50_000, [{ at: 25_000, do: 'unjoin', cluster: 'us' }]),
    guard: withoutGuard<typeof orphan>('control-plane/members/orphan', () => ({ orphanAll: deleteAll })),
    violates: 'I4',
  },
  {
    name: 'a binding that is deleted by hand takes its copies along (rancher#44245)',
    scenario: scenarioOf('delete binding', 50_000, [
      { at: 20_000, do: 'delete-policy', app: 'web' },
      { at: 25_000, do: 'delete-binding', app: 'web' },
    ]),
    guard: withoutGuard<typeof bindingFate>('control-plane/binding-fate', () => ({ fateOf: () => 'remove' })),
    violates: 'I4',
  },
  {
    name: 'kubectl delete --cascade=orphan deletes the copies all the same (rancher#39589)',
    scenario: scenarioOf('orphan', 50_000, [{ at: 25_000, do: 'orphan', app: 'web' }]),
    guard: withoutGuard<typeof bindingFate>('control-plane/binding-fate', () => ({ fateOf: () => 'remove' })),
    violates: 'I4',
  },
  {
    name: 'a delete by name hits another object that has the name by then (fleet, stale caches)',
    scenario: scenarioOf('replaced', 50_000, [{ at: 25_000, do: 'weigh', app: 'web', weights: { eu: 1 } }]),
    guard: withoutGuard<typeof plan>('control-plane/delivery/plan', ({ planStep }) => ({
      planStep: (...args: Parameters<typeof planStep>) => {
        const step = planStep(...args)
        return step.kind === 'delete' ? { ...step, uid: undefined } : step
      },
    })),
    violates: 'I4',
  },
  {
    name: 'work that the hub does not know is evicted (OCM#123)',
    scenario: scenarioOf('rejoined', 60_000, [
      { at: 1_000, do: 'deploy', app: 'api', replicas: 2, weights: { eu: 1, us: 1 } },
      { at: 25_000, do: 'unjoin-by-force', cluster: 'us' },
      { at: 30_000, do: 'weigh', app: 'web', weights: { eu: 1 } },
      { at: 40_000, do: 'join', cluster: 'us', keeps: true },
    ]),
    guard: withoutGuard<typeof claims>('control-plane/delivery/claims', ({ removalOn }) => ({
      removalOn: (...args: Parameters<typeof removalOn>) =>
        removalOn(...args) ?? { mode: 'delete', templateUids: { has: () => true }, isSuspended: false },
    })),
    violates: 'I4',
  },
]

function leaveUnless(isFine: (row: { readonly ready: boolean }) => boolean) {
  return (row: { readonly ready: boolean }) =>
    isFine(row) ? undefined : { effect: 'Leave', describe: () => 'it cannot be used' }
}

async function deleteAll(api: KubeApi, resources: readonly Parameters<KubeApi['list']>[0][]): Promise<void> {
  for (const resource of resources.filter(({ plural }) => plural === 'deployments')) {
    for (const { metadata } of (await api.list(resource, { namespace: 'shop' })).items) {
      await api.delete(resource, metadata, { preconditions: { uid: metadata.uid ?? '' } })
    }
  }
}
