// I3 and the rule of moving: ready replicas, once every cluster has what was decided for it, never fall below what is
// wanted, be it the old or the new number, unless somebody else took them away.
import type { KubeObject } from '@flotilla/machinery/object'
import type { Check, Watched } from './check.ts'

interface AppState {
  readonly ready: Map<string, number>
  total: number
  floor: number
  /** When somebody else had a hand in it, virtual ms since 1970. */
  disturbedAt: number
  /** Of a template that was deleted: one that takes its name at once is to go on from there. */
  before?: { readonly floor: number; readonly at: number } | undefined
}

/** What somebody does on a member the hub sees so much later, ms. */
const noticedWithinMs = 2_000
/** As `kubectl replace --force` does it, ms. */
const atOnceMs = 1_000
/** For so long copies wait for the policy of a template that was created anew, ms. */
const patienceMs = 25_000

export function checkReadyFloor({ model, now, violate }: Watched): Check {
  const apps = new Map<string, AppState>()

  function stateOf(app: string): AppState {
    const found = apps.get(app) ?? { ready: new Map(), total: 0, floor: 0, disturbedAt: 0 }
    apps.set(app, found)
    return found
  }

  function note(app: string, member: string, ready: number): void {
    const state = stateOf(app)
    state.total += ready - (state.ready.get(member) ?? 0)
    state.ready.set(member, ready)
    look(app, state)
  }

  function look(app: string, state: AppState): void {
    const wanted = model.wantedOf(app) ?? 0
    state.floor = state.total >= wanted && isSettled(app, state) ? wanted : Math.min(state.floor, wanted)
    if (state.total >= state.floor || isGivenUp(app, state)) return
    const each = [...state.ready].map(([name, count]) => `${name} ${count}`).join(', ')
    violate('I3', `${app} has ${state.total} ready (${each}) where ${state.floor} were reached and are wanted`)
  }

  /**
   * More than is wanted in all may be too few on each: a cluster that is broken is made up for by nobody at once, and what a
   * rollout has too many goes with it. What the hub has not seen yet it cannot hold on to, nor
   * on to what is on a cluster that was taken off since.
   */
  function isSettled(app: string, { ready, disturbedAt }: AppState): boolean {
    if (now() - disturbedAt < noticedWithinMs) return false
    const binding = model.bindingOf(app)
    if (binding !== undefined && binding.conditions['Healthy'] !== 'True') return false
    const clusters = binding?.spec.decision?.clusters ?? []
    const decided = clusters.reduce((sum, { replicas = 0 }) => sum + replicas, 0)
    return (
      clusters.every(({ name, clusterUID }) => model.clusters.get(name)?.uid === clusterUID) &&
      decided === model.wantedOf(app) &&
      clusters.every(({ name, replicas = 0 }) => (ready.get(name) ?? 0) >= replicas)
    )
  }

  /** One that nothing was decided for has no copies that another could go on from. */
  function isBound({ metadata: { uid } }: KubeObject): boolean {
    return [...model.bindings.values()].some(({ spec }) => spec.workloads.some(({ ref }) => ref.uid === uid))
  }

  function isGivenUp(app: string, { before }: AppState): boolean {
    return model.weightsOf(app) === undefined && before !== undefined && now() - before.at > patienceMs
  }

  return {
    onMemberEvent(member, { key, type, object }) {
      if (!key.startsWith('deployments.apps/shop/')) return
      note(object.metadata.name, member.name, type === 'DELETED' ? 0 : readyOf(object))
    },
    onHubEvent({ key, type, object }) {
      const app = key.startsWith('resourcebindings.') ? model.bindings.get(key)?.app : undefined
      if (app !== undefined) look(app, stateOf(app))
      if (!key.startsWith('deployments.apps/')) return
      const state = stateOf(object.metadata.name)
      const wanted = model.wantedOf(object.metadata.name) ?? 0
      if (type === 'DELETED') state.before = isBound(object) ? { floor: state.floor, at: now() } : undefined
      const { before } = state
      const isAnew = type === 'ADDED' && before !== undefined && now() - before.at < atOnceMs
      state.floor = Math.min(isAnew ? before.floor : state.floor, wanted)
    },
    onWipe(member) {
      for (const state of apps.values()) {
        state.total -= state.ready.get(member) ?? 0
        state.ready.delete(member)
      }
    },
    onDisturbance(app) {
      for (const [name, state] of apps) {
        if (app === undefined || app === name) Object.assign(state, { floor: 0, disturbedAt: now() })
      }
    },
  }
}

function readyOf(object: KubeObject): number {
  return (object['status'] as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0
}
