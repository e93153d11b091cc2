// Has replicas of lower priority give way to workloads that have no place, where that is proved to give them one.
import { fieldManager, systemNamespace } from '@flotilla/api/group'
import { clusterResourceBindingResource, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { Preemption } from '@flotilla/api/preemption'
import { canonicalJson, deepEqual } from '@flotilla/machinery/json'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { createMergePatch } from '@flotilla/machinery/merge-patch'
import { keyOf } from '@flotilla/machinery/object'
import { dictAt } from '@flotilla/machinery/untyped'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { watch } from '@flotilla/runtime/controller'
import type { Controller, Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Change } from '@flotilla/runtime/source'
import { timestamp } from '@flotilla/runtime/timestamp'
import { compareTurns } from '@flotilla/scheduler/order'
import { toPodRequest } from '@flotilla/scheduler/fit'
import { isContended } from '@flotilla/scheduler/preemption/contention'
import { prepareRoom } from '@flotilla/scheduler/preemption/freed'
import { isAbsence } from '../../absence.ts'
import type { Readings } from '../../readings.ts'
import type { Binding, Hub } from '../../hub.ts'
import { objectIdOf } from '../../object-id.ts'
import type { SchedulerView } from '../scheduler/controller.ts'
import { turnOf } from '../../turn.ts'
import { isShort } from './at-rest.ts'
import { isAllowed, openPreemption } from './consent.ts'
import { isHeldOff, outcomeOf } from './ending.ts'
import { Patience } from './patience.ts'
import { findPreemption, type Found } from './prove.ts'
import { needsOnlyRoom } from './provable.ts'
import { residentsByCluster } from './residents.ts'
import { surveyMember, type Survey } from './survey.ts'

export interface PreemptionDeps {
  readonly env: Env
  readonly hub: Hub
  readonly view: SchedulerView
  readonly readings: Readings
  /** The connection to a member that carries reads; undefined while there is none. */
  readonly memberApi: (cluster: string) => KubeApi | undefined
}

/** One pass over all that may preempt: whoever comes first by priority is served first, whatever happened in between. */
const pass = 'all'
const passEveryMs = 15_000

/** On the hub: with `data.stopped: "true"` nobody gives way any more. */
export const switchKey = { namespace: systemNamespace, name: 'preemption' }

/** What a member was found to have must be found once more, so much later. */
const secondLookMs = 10_000

/** Members that are read node by node in one pass to find room. */
const mostSurveys = 16
/** For whom members have been read in vain, they are not read again so long: others come first. */
const restMs = 120_000

export function createPreemptionController({ env, hub, view, readings, memberApi }: PreemptionDeps): Controller {
  const patience = new Patience()
  /** By key of binding. */
  const seen = new Map<string, { readonly text: string; readonly at: number }>()
  /** By key of binding: until when nobody is asked to give way for it. Monotonic milliseconds. */
  const resting = new Map<string, number>()
  let nextPassAt = 0

  async function reconcile(_: string, signal: AbortSignal): Promise<Result | void> {
    const bindings = [...hub.bindings.list(), ...hub.clusterBindings.list()]
    const open = bindings.filter((each) => openPreemption(each) !== undefined)
    const short = bindings.filter((each) => isAllowed(each) && isShort(each)).sort(inTurn)
    patience.follow(short, env.clock.monotonic())
    if (open.length === 0 && short.length === 0) return forgetAll()
    const waitMs = nextPassAt - env.clock.monotonic()
    if (waitMs > 0) return { requeueAfterMs: waitMs }
    nextPassAt = env.clock.monotonic() + passEveryMs
    const isStopped = await readSwitch(hub.api, signal)
    for (const binding of open) await carryOn(binding, isStopped, signal)
    if (!isStopped) await begin(short, bindings, signal)
    return { requeueAfterMs: passEveryMs }
  }

  function forgetAll(): void {
    seen.clear()
    resting.clear()
  }

  async function carryOn(binding: Binding, isStopped: boolean, signal: AbortSignal): Promise<void> {
    const record = openPreemption(binding)
    if (record === undefined) return
    const now = env.clock.now()
    const cluster = view.snapshot().byId.get(record.id)
    const isThere = cluster !== undefined
    const bindingsOf = (ref: Preemption['victims'][number]['ref']) => hub.bindingsOf(objectIdOf(ref))
    const outcome = outcomeOf(binding, record, { now, isStopped, isThere, bindingsOf })
    if (outcome !== undefined) return write(binding, { ...record, ended: timestamp(now), outcome })
    if (record.freed !== undefined || cluster === undefined) return
    const survey = await surveyOf(cluster.name, signal)
    if (survey && hasRoom(binding, record, survey)) await write(binding, { ...record, freed: timestamp(now) })
  }

  /** The least important last, and none twice on one cluster. */
  async function begin(short: readonly Binding[], bindings: readonly Binding[], signal: AbortSignal): Promise<void> {
    const now = env.clock.now()
    const records = bindings.flatMap(({ spec: { preemption } }) => preemption ?? [])
    const barred = new Set(
      records.filter((each) => each.ended === undefined || isHeldOff(each, now)).map(({ id }) => id),
    )
    const residents = residentsByCluster(bindings)
    let surveys = 0
    for (const binding of short.filter((each) => isFree(each, now))) {
      if (surveys >= mostSurveys) return
      const [since, before] = [patience.since(binding), surveys]
      const found = await findPreemption(binding, {
        view,
        residents,
        barred,
        isRead: (id) => readings.isSince(id, since),
        survey(cluster) {
          surveys += 1
          return surveyOf(cluster, signal)
        },
      })
      if (found) barred.add(found.id)
      else if (surveys > before) resting.set(keyOf(binding.metadata), env.clock.monotonic() + restMs)
      if (isConfirmed(binding, found) && found) await write(binding, { ...found, since: timestamp(env.clock.now()) })
    }
  }

  function isFree(binding: Binding, now: number): boolean {
    const { preemption, workloads } = binding.spec
    if (env.clock.monotonic() < (resting.get(keyOf(binding.metadata)) ?? 0)) return false
    const template = workloads[0] && hub.templates.get(workloads[0].ref)
    const isBusy = preemption !== undefined && (preemption.ended === undefined || isHeldOff(preemption, now))
    return !isBusy && template !== undefined && needsOnlyRoom(template)
  }

  /** The same has been found before, long enough ago. */
  function isConfirmed({ metadata, spec }: Binding, found: Found | undefined): boolean {
    const key = keyOf(metadata)
    const text = canonicalJson([spec.decision?.forHash, found])
    const before = seen.get(key)
    const now = env.clock.monotonic()
    if (found === undefined) seen.delete(key)
    else if (before?.text !== text) seen.set(key, { text, at: now })
    return found !== undefined && before?.text === text && now - before.at >= secondLookMs
  }

  /** Undefined: the member does not answer, so nothing is known. */
  async function surveyOf(cluster: string, signal: AbortSignal): Promise<Survey | undefined> {
    const api = memberApi(cluster)
    try {
      return api && (await surveyMember(api, signal))
    } catch (error) {
      env.log.warn({ cluster, err: error }, 'Cannot read a member node by node')
      return undefined
    }
  }

  async function write(binding: Binding, preemption: Preemption): Promise<void> {
    const { metadata, spec } = binding
    const change = createMergePatch({ preemption: { ...spec.preemption } }, { preemption: { ...preemption } })
    const patch = { metadata: { resourceVersion: metadata.resourceVersion }, spec: change }
    const resource = metadata.namespace === undefined ? clusterResourceBindingResource : resourceBindingResource
    await hub.api.patch(resource, metadata, { type: 'merge', patch }, { fieldManager })
  }

  return {
    name: 'preemption',
    watches: [watch<Binding>(hub.bindings, toPass), watch<Binding>(hub.clusterBindings, toPass)],
    reconcile,
  }
}

function inTurn(one: Binding, other: Binding): number {
  return compareTurns(turnOf(one), turnOf(other))
}

function toPass({ before, after }: Change<Binding>): Iterable<string> {
  const binding = after ?? before
  const concerns = binding !== undefined && (isAllowed(binding) || openPreemption(binding) !== undefined)
  return concerns && !deepEqual([before?.spec, before?.status], [after?.spec, after?.status]) ? [pass] : []
}

/** Room for all that it is to have there is free now, and nobody else's pods could take it. */
function hasRoom({ spec }: Binding, { id, replicas }: Preemption, { hosts, unscheduled }: Survey): boolean {
  const requirements = spec.workloads[0]?.components[0]?.replicaRequirements
  const held = spec.decision?.clusters.find((cluster) => cluster.id === id)?.replicas ?? 0
  const room = prepareRoom(hosts, requirements)(new Map())
  return room >= replicas - held && !isContended(hosts, unscheduled, toPodRequest(requirements))
}

/** What cannot be read stops nobody only if it is known not to be there. */
async function readSwitch(api: KubeApi, signal: AbortSignal): Promise<boolean> {
  try {
    return dictAt(await api.get(configMaps, switchKey, { signal }), 'data')['stopped'] === 'true'
  } catch (error) {
    if (isAbsence(error)) return false
    throw error
  }
}
