// I3 and the rule of moving: ready replicas, once every cluster has what was decided for it, never fall below what is
// wanted, be it the old or the new number, unless somebody else took them away.
import type { KubeObject } from '@flotilla/machinery/object'
import type { Check, Watched } from './check.ts'

interface AppState {
  readonly ready: Map<string, number>
  total: number
  floor: number
  /** Of a template that was deleted: one that takes its name at once is to go on from there. */
  before?: { readonly floor: number; readonly at: number }
}

/** As `kubectl replace --force` does it, ms. */
const atOnceMs = 1_000
/** For so long copies wait for the policy of a template that was created anew, ms. */
const patienceMs = 25_000

export function checkReadyFloor({ model, now, violate }: Watched): Check {
  const apps = new Map<string, AppState>()

  function stateOf(app: string): AppState {
    const found = apps.get(app) ?? { ready: new Map(), total: 0, floor: 0 }
    apps.set(app, found)
    return found
  }

  function note(app: string, member: string, ready: number): void {
    const state = stateOf(app)
    state.total += ready - (state.ready.get(member) ?? 0)
    state.ready.set(member, ready)
    const wanted = model.wantedOf(app) ?? 0
    state.floor = state.total >= wanted && isSettled(app, state) ? wanted : Math.min(state.floor, wanted)
    if (state.total >= state.floor || isGivenUp(app, state)) return
    const each = [...state.ready].map(([name, count]) => `${name} ${count}`).join(', ')
    violate('I3', `${app} has ${state.total} ready (${each}) where ${state.floor} were reached and are wanted`)
  }

  /**
   * More than is wanted in all may be too few on each: a cluster that is broken is made up for by nobody at once, and what a
   * rollout has too many goes with it.
   */
  function isSettled(app: string, { ready }: AppState): boolean {
    const clusters = model.bindingOf(app)?.spec.decision?.clusters ?? []
    const decided = clusters.reduce((sum, { replicas = 0 }) => sum + replicas, 0)
    return (
      decided === model.wantedOf(app) && clusters.every(({ name, replicas = 0 }) => (ready.get(name) ?? 0) >= replicas)
    )
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
      if (!key.startsWith('deployments.apps/')) return
      const state = stateOf(object.metadata.name)
      const wanted = model.wantedOf(object.metadata.name) ?? 0
      if (type === 'DELETED') state.before = { floor: state.floor, at: now() }
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
      for (const [name, state] of apps) if (app === undefined || app === name) state.floor = 0
    },
  }
}

function readyOf(object: KubeObject): number {
  return (object['status'] as { readyReplicas?: number } | undefined)?.readyReplicas ?? 0
}
