// Moves what costs less elsewhere, for policies that ask for it: looks for moves after a change or at a time, asks the
// scheduler for a wave of them, and looks again once they are over. What it needs to know is on the hub: whoever takes
// over goes on.
import type { Cluster } from '@flotilla/api/cluster'
import { freezeName } from '@flotilla/api/failover'
import { fieldManager } from '@flotilla/api/group'
import {
  type ClusterPropagationPolicy,
  clusterPropagationPolicyResource,
  type PropagationPolicy,
  propagationPolicyResource,
} from '@flotilla/api/propagation-policy'
import type { PolicyStatus, Reschedule } from '@flotilla/api/reschedule'
import { deepEqual } from '@flotilla/machinery/json'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import { findCondition, setCondition } from '@flotilla/runtime/conditions'
import { type Controller, type Result, watch } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Change } from '@flotilla/runtime/source'
import { createStatusWriter } from '@flotilla/runtime/status-writer'
import type { Work } from '@flotilla/scheduler/rebalance/movable'
import type { Proposal } from '@flotilla/scheduler/rebalance/propose'
import { isFrozen } from '../../freeze.ts'
import type { Binding, Hub } from '../../hub.ts'
import type { SchedulerView } from '../scheduler/controller.ts'
import { askFor, isOver } from './ask.ts'
import { Asked } from './asked.ts'
import { Due } from './due.ts'
import { cannotSolve, frozen, groupMoves, type Report, reportOf, stalled } from './report.ts'
import { type Allowance, allowanceOf, gateOf, isAfter, isMoving, scheduleAt, windowOf } from './run.ts'
import { propose, type Solve } from './solve.ts'
import { targetFor, toWork } from './works.ts'

type Policy = PropagationPolicy | ClusterPropagationPolicy

export interface RebalanceDeps {
  readonly env: Env
  readonly hub: Hub
  readonly view: SchedulerView
  readonly solve: Solve
}

/** All is solved together, so there is one key. */
const fleet = 'fleet'
/** When what could not be solved is tried again. */
const retryMs = 300_000
/** When bindings that became others while it was looked are looked at again. */
const changedMs = 1_000
/** Moves that take longer are told. */
const slowMs = 600_000
/** How long a time of a schedule lasts at least, so that labels and tiers are decided; and how often it is looked whether it is over. */
const settleMs = 30_000
/** Timers are not for years. */
const longestWaitMs = 3_600_000

/** A policy that asks for moves now. */
interface Run {
  readonly policy: Policy
  readonly reschedule: Reschedule
  readonly bindings: readonly Binding[]
  /** Moves after it count against its budget. */
  readonly window: number
  readonly allowance: Allowance
  readonly moving: readonly Binding[]
}

export function createRebalanceController({ env, hub, view, solve }: RebalanceDeps): Controller {
  const due = new Due(env.clock.now())
  const asked = new Asked()
  /** Keys of bindings that the scheduler would not move, until something changes. */
  const refused = new Set<string>()
  /** By UID of their policy, as all that follows. */
  const reports = new Map<string, Report>()
  /** Policies whose moves are not over. */
  const awaited = new Set<string>()

  async function reconcile(_: string, signal: AbortSignal): Promise<Result> {
    const now = env.clock.now()
    for (const key of asked.takeRefused((each) => hub.binding(each), now)) refused.add(key)
    const policies = [...hub.policies.list(), ...hub.clusterPolicies.list()].filter(isOfInterest)
    const runs = new Map(policies.map((policy) => runOf(policy, now)).filter((run) => run !== undefined))
    for (const [uid, { moving }] of runs) if (moving.length === 0 && awaited.delete(uid)) due.by(now)
    const isHeld = isFrozen(hub)
    if (isHeld) for (const uid of runs.keys()) reports.set(uid, frozen)
    else if (now >= due.at) await look(runs, signal)
    for (const policy of policies) await tell(policy, runs.get(uidOf(policy)), env.clock.now())
    const isAnyMoving = [...runs.values()].some(({ moving }) => moving.length > 0)
    const longest = now + (isAnyMoving ? slowMs : longestWaitMs)
    const next = Math.min(longest, isHeld ? longest : due.at, nextTurn(policies, now))
    return { requeueAfterMs: Math.max(0, next - env.clock.now()) }
  }

  function runOf(policy: Policy, now: number): readonly [uid: string, run: Run] | undefined {
    const { reschedule } = policy.spec
    const window = reschedule && windowOf(reschedule, policy.status?.schedule, now)
    if (reschedule === undefined || window === undefined) return undefined
    const bindings = bindingsOf(policy)
    const allowance = allowanceOf(reschedule, bindings, window)
    const moving = bindings.filter((binding) => asked.has(keyOf(binding.metadata)) || isMoving(binding))
    return [uidOf(policy), { policy, reschedule, bindings, window, allowance, moving }]
  }

  function bindingsOf({ metadata: { namespace, uid = '' } }: Policy): readonly Binding[] {
    const local = hub.bindings.byIndex('policy', uid)
    return namespace === undefined ? [...local, ...hub.clusterBindings.byIndex('policy', uid)] : local
  }

  /** Proposes moves, and asks for the first wave. Where that fails all stays as it is. */
  async function look(runs: ReadonlyMap<string, Run>, signal: AbortSignal): Promise<void> {
    due.look(env.clock.now())
    if (runs.size === 0) return
    const snapshot = view.snapshot()
    due.by(snapshot.book.validUntil)
    const works = [...runs.values()].flatMap(worksOf)
    const allowances = new Map(
      [...runs].map(([uid, { allowance, moving }]) => [uid, moving.length > 0 ? 0 : allowance.left]),
    )
    try {
      const { reservedOn } = view
      const proposal = await propose({ env, solve, signal }, works, snapshot, { allowances, reservedOn })
      await begin(proposal, runs, new Map(works.map(({ key, budget = '' }) => [key, budget])))
    } catch (error) {
      if (signal.aborted) throw error
      env.log.warn({ err: error }, 'Cannot look for moves')
      for (const uid of runs.keys()) reports.set(uid, cannotSolve(error))
      due.by(env.clock.now() + retryMs)
    }
  }

  function worksOf({ policy, reschedule, bindings }: Run): readonly Work[] {
    const options = { now: env.clock.now(), gate: gateOf(reschedule), budget: uidOf(policy) }
    return bindings.flatMap((binding) => {
      const request = view.requestOf(binding)
      const isRefused = refused.has(keyOf(binding.metadata))
      return request === undefined ? [] : [toWork(binding, request, { ...options, isRefused })]
    })
  }

  /** `owners`: UIDs of policies, by the key of the binding. */
  async function begin(
    proposal: Proposal,
    runs: ReadonlyMap<string, Run>,
    owners: ReadonlyMap<string, string>,
  ): Promise<void> {
    const now = env.clock.now()
    const keyed = new Map(
      [...runs.values()].flatMap(({ bindings }) => bindings.map((each) => [keyOf(each.metadata), each])),
    )
    for (const [key, clusters] of proposal.next) {
      const [binding, uid = ''] = [keyed.get(key), owners.get(key)]
      const run = runs.get(uid)
      if (binding === undefined || run === undefined) continue
      const target = targetFor(binding, clusters, proposal, { key, window: run.window, now })
      if (await askFor(hub.api, binding, target, fieldManager)) {
        asked.add(binding, now)
        awaited.add(uid)
      } else due.by(now + changedMs)
    }
    const grouped = groupMoves(proposal, owners)
    for (const [uid, { allowance, moving }] of runs) {
      if (moving.length > 0) continue
      const report = reportOf(grouped.get(uid), proposal.currency, allowance)
      if (report.reason === 'BudgetSpent') due.by(allowance.moreAt)
      reports.set(uid, report)
    }
  }

  async function tell(policy: Policy, run: Run | undefined, now: number): Promise<void> {
    const { reschedule } = policy.spec
    const isAsking = reschedule !== undefined && reschedule.mode !== 'Never'
    if (!isAsking) reports.delete(uidOf(policy))
    const status = isAsking ? statusOf(policy, reschedule, run, now) : {}
    const resource =
      policy.metadata.namespace === undefined ? clusterPropagationPolicyResource : propagationPolicyResource
    await createStatusWriter({ api: hub.api, resource, fieldManager }).write(policy, status)
  }

  function statusOf(policy: Policy, reschedule: Reschedule, run: Run | undefined, now: number): PolicyStatus {
    const { conditions = [], schedule: known } = policy.status ?? {}
    const isNew = findCondition(conditions, 'Rebalanced') === undefined
    const report = slowReport(run, now) ?? reports.get(uidOf(policy)) ?? (isNew ? pending : undefined)
    const told = report === undefined ? conditions : setCondition(conditions, conditionOf(policy, report), now)
    if (reschedule.mode !== 'Scheduled') return { conditions: told }
    const { since, ...rest } = scheduleAt(reschedule, known, now)
    if (since !== undefined && since !== known?.since) {
      reports.delete(uidOf(policy))
      due.change(now)
    }
    const isRunning = since !== undefined && !(run !== undefined && hasEnded(run, report, now))
    return { conditions: told, schedule: isRunning ? { ...rest, since } : rest }
  }

  function changed(): readonly string[] {
    refused.clear()
    due.change(env.clock.now())
    return [fleet]
  }

  function followCluster({ before, after }: Change<Cluster>): readonly string[] {
    if (!deepEqual(before && standingOf(before), after && standingOf(after))) return changed()
    if (deepEqual(before?.status?.nodeShapes, after?.status?.nodeShapes)) return []
    const known = due.at
    due.room(env.clock.now())
    return due.at < known ? [fleet] : []
  }

  const followCosts = ({ before, after }: Change<KubeObject>) =>
    deepEqual(before?.['spec'], after?.['spec']) ? [] : changed()

  function followPolicy({ before, after }: Change<Policy>): readonly string[] {
    if (!deepEqual(rulesOf(before), rulesOf(after))) return changed()
    return after !== undefined && isOfInterest(after) ? [fleet] : []
  }

  function followBinding({ key, before, after }: Change<Binding>): readonly string[] {
    if (after?.spec.rebalance !== undefined) asked.see(key)
    const isAnswered = asked.has(key) && after?.spec.rebalance === undefined
    const isSame = (before !== undefined && isMoving(before)) === (after !== undefined && isMoving(after))
    return isSame && !isAnswered ? [] : [fleet]
  }

  return {
    name: 'rebalance',
    watches: [
      watch<Cluster>(hub.clusters, followCluster),
      watch<Policy>(hub.policies, followPolicy),
      watch<Policy>(hub.clusterPolicies, followPolicy),
      watch<Binding>(hub.bindings, followBinding),
      watch<Binding>(hub.clusterBindings, followBinding),
      watch<KubeObject>(hub.priceSheets, followCosts),
      watch<KubeObject>(hub.trafficProfiles, followCosts),
      watch<KubeObject>(hub.carbonSheets, followCosts),
      watch(hub.settings, ({ key }) => (key.endsWith(`/${freezeName}`) ? changed() : [])),
    ],
    reconcile,
  }
}

const pending: Report = { status: 'Unknown', reason: 'Pending', message: 'It has not been looked for moves yet' }
const endings: ReadonlySet<Report['reason']> = new Set(['Settled', 'NoRoom', 'BudgetSpent'])

/** Nothing moves, for costs or labels, and nothing more may. */
function hasEnded({ bindings, window }: Run, report: Report | undefined, now: number): boolean {
  const isDone = report !== undefined && endings.has(report.reason)
  return isDone && now >= window + settleMs && bindings.every(isOver)
}

function nextTurn(policies: readonly Policy[], now: number): number {
  const times = policies.flatMap(({ status }) => {
    const { next, since } = status?.schedule ?? {}
    return [...(next === undefined ? [] : [Date.parse(next)]), ...(since === undefined ? [] : [now + settleMs])]
  })
  return times.filter((time) => time > now).reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY)
}

function slowReport(run: Run | undefined, now: number): Report | undefined {
  const slow = run?.moving.filter(({ spec: { rebalanced } }) => rebalanced && !isAfter(rebalanced, now - slowMs)) ?? []
  const [first] = slow
  if (first === undefined) return undefined
  const names = slow.map(({ spec, metadata }) => spec.workloads[0]?.ref.name ?? metadata.name)
  return stalled(names, first.spec.rebalanced?.time ?? '')
}

function conditionOf({ metadata: { generation } }: Policy, report: Report) {
  return { type: 'Rebalanced', ...report, ...(generation === undefined ? {} : { observedGeneration: generation }) }
}

/** It says or has said something of rescheduling. */
function isOfInterest({ metadata, spec, status }: Policy): boolean {
  return metadata.deletionTimestamp === undefined && (spec.reschedule !== undefined || status !== undefined)
}

/** What decides who may move, and by how much. */
function rulesOf(policy: Policy | undefined): unknown {
  return policy?.spec.reschedule && [policy.spec.reschedule, policy.spec.placement, policy.metadata.deletionTimestamp]
}

/** What rules and costs say of a cluster, and how large it is; what is free on it changes all the time. */
function standingOf({ metadata, spec, status }: Cluster): unknown {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return [metadata.uid, metadata.labels, spec, ready?.status, status?.nodes?.ready, status?.resources?.allocatable]
}

function uidOf({ metadata: { uid = '' } }: Policy): string {
  return uid
}
