// Moves what costs less elsewhere, for policies that ask for it: looks for moves after a change or at a time, asks the
// scheduler for a wave of them, and looks again once they are over. What it needs to know is on the hub: whoever takes
// over goes on.
import type { Cluster } from '@flotilla/api/cluster'
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
import type { Proposal } from '@flotilla/scheduler/rebalance/propose'
import type { Binding, Hub } from '../../hub.ts'
import type { SchedulerView } from '../scheduler/controller.ts'
import { askFor, isOver } from './ask.ts'
import { Due } from './due.ts'
import { cannotSolve, type Report, reportOf, stalled } from './report.ts'
import { type Allowance, allowanceOf, gateOf, hourMs, isAfter, isMoving, scheduleAt, windowOf } from './run.ts'
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
/** Once nothing is to move, what labels and tiers are to move at a time has been decided. */
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
  const reports = new Map<string, Report>()
  /** Hashes of the decisions that the scheduler was asked to change, by the key of the binding. */
  const asked = new Map<string, string>()
  const refused = new Set<string>()
  /** Policies whose moves are not over, by UID. */
  const awaited = new Set<string>()

  async function reconcile(_: string, signal: AbortSignal): Promise<Result | void> {
    const now = env.clock.now()
    const policies = [...hub.policies.list(), ...hub.clusterPolicies.list()]
    const runs = policies.flatMap((policy) => runOf(policy, now) ?? [])
    noteRefusals()
    if (runs.some(({ policy, moving }) => awaited.has(uidOf(policy)) && moving.length === 0)) due.by(now)
    for (const { policy, moving } of runs) if (moving.length === 0) awaited.delete(uidOf(policy))
    if (now >= due.at) await look(runs, signal)
    for (const policy of policies) await tell(policy, runs, env.clock.now())
    const longest = now + (runs.some(({ moving }) => moving.length > 0) ? slowMs : longestWaitMs)
    return { requeueAfterMs: Math.max(0, Math.min(nextTurn(policies), due.at, longest) - now) }
  }

  function runOf(policy: Policy, now: number): Run | undefined {
    const { reschedule } = policy.spec
    if (reschedule === undefined || policy.metadata.deletionTimestamp !== undefined) return undefined
    const window = windowOf(reschedule, policy.status?.schedule, now)
    if (window === undefined) return undefined
    const bindings = bindingsOf(policy)
    const allowance = allowanceOf(reschedule, bindings, window)
    return { policy, reschedule, bindings, window, allowance, moving: bindings.filter(isMoving) }
  }

  function bindingsOf({ metadata: { namespace, uid = '' } }: Policy): readonly Binding[] {
    const local = hub.bindings.byIndex('policy', uid)
    return namespace === undefined ? [...local, ...hub.clusterBindings.byIndex('policy', uid)] : local
  }

  /** The scheduler clears what it was asked, and keeps the decision if its rules do not allow it. */
  function noteRefusals(): void {
    for (const [key, forHash] of asked) {
      const binding = hub.binding(key)
      if (binding?.spec.rebalance !== undefined) continue
      asked.delete(key)
      if (binding?.spec.decision?.forHash === forHash) refused.add(key)
    }
  }

  /** Proposes moves, and asks for the first wave. Where that fails all stays as it is. */
  async function look(runs: readonly Run[], signal: AbortSignal): Promise<void> {
    const now = env.clock.now()
    due.look(now)
    if (runs.length === 0) return
    const snapshot = view.snapshot()
    due.by(snapshot.book.validUntil)
    try {
      const works = runs.flatMap((run) => worksOf(run, now))
      const allowances = new Map(
        runs.map(({ policy, allowance, moving }) => [uidOf(policy), moving.length > 0 ? 0 : allowance.left]),
      )
      const { reservedOn } = view
      const proposal = await propose({ env, solve, signal }, works, snapshot, { allowances, reservedOn })
      for (const run of runs) await begin(run, proposal)
    } catch (error) {
      if (signal.aborted) throw error
      env.log.warn({ err: error }, 'Cannot look for moves')
      for (const { policy } of runs) reports.set(uidOf(policy), cannotSolve(error))
      due.by(env.clock.now() + retryMs)
    }
  }

  function worksOf({ policy, reschedule, bindings }: Run, now: number) {
    const [gate, budget] = [gateOf(reschedule), uidOf(policy)]
    return bindings.flatMap((binding) => {
      const request = view.requestOf(binding)
      const isRefused = refused.has(keyOf(binding.metadata))
      return request === undefined ? [] : [toWork(binding, request, { now, isRefused, gate, budget })]
    })
  }

  async function begin(run: Run, proposal: Proposal): Promise<void> {
    const { policy, bindings, window, allowance, moving } = run
    const keyed = new Map(bindings.map((binding) => [keyOf(binding.metadata), binding]))
    const now = env.clock.now()
    for (const [key, clusters] of proposal.next) {
      const binding = keyed.get(key)
      if (binding === undefined) continue
      const target = targetFor(binding, clusters, proposal, { key, window, now })
      if (await askFor(hub.api, binding, target, fieldManager)) {
        asked.set(key, binding.spec.decision?.forHash ?? '')
        awaited.add(uidOf(policy))
      } else due.by(now + changedMs)
    }
    if (moving.length > 0) return
    const report = reportOf(proposal, new Set(keyed.keys()), allowance)
    if (report.reason === 'BudgetSpent') due.by(allowance.moreAt)
    reports.set(uidOf(policy), report)
  }

  async function tell(policy: Policy, runs: readonly Run[], now: number): Promise<void> {
    const { reschedule } = policy.spec
    const isAsking = reschedule !== undefined && reschedule.mode !== 'Never'
    if (!isAsking) reports.delete(uidOf(policy))
    if (!isAsking && policy.status === undefined) return
    const run = runs.find((each) => each.policy === policy)
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

  /** Nothing moves, for costs or labels, and nothing more may. */
  function hasEnded({ bindings, window }: Run, report: Report | undefined, now: number): boolean {
    const isDone = report !== undefined && endings.has(report.reason)
    return isDone && now >= window + settleMs && bindings.every(isOver)
  }

  function nextTurn(policies: readonly Policy[]): number {
    return policies.reduce((least, { status }) => {
      const { next, since } = status?.schedule ?? {}
      const ends = since === undefined ? [] : [Date.parse(since) + settleMs, Date.parse(since) + hourMs]
      const times = [...(next === undefined ? [] : [Date.parse(next)]), ...ends]
      return Math.min(least, ...times.filter((time) => time > env.clock.now()))
    }, Number.POSITIVE_INFINITY)
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

  const followSpec = ({ before, after }: Change<KubeObject>) =>
    deepEqual(before?.['spec'], after?.['spec']) ? [] : changed()
  const followPolicy = ({ before, after }: Change<Policy>) =>
    deepEqual(rulesOf(before), rulesOf(after)) ? (after?.spec.reschedule ? [fleet] : []) : changed()
  const followBinding = ({ before, after }: Change<Binding>) =>
    (before !== undefined && isMoving(before)) === (after !== undefined && isMoving(after)) ? [] : [fleet]

  return {
    name: 'rebalance',
    watches: [
      watch<Cluster>(hub.clusters, followCluster),
      watch<Policy>(hub.policies, followPolicy),
      watch<Policy>(hub.clusterPolicies, followPolicy),
      watch<Binding>(hub.bindings, followBinding),
      watch<Binding>(hub.clusterBindings, followBinding),
      watch<KubeObject>(hub.priceSheets, followSpec),
      watch<KubeObject>(hub.trafficProfiles, followSpec),
      watch<KubeObject>(hub.carbonSheets, followSpec),
    ],
    reconcile,
  }
}

const endings: ReadonlySet<Report['reason']> = new Set(['Settled', 'NoRoom', 'BudgetSpent'])

const pending: Report = { status: 'Unknown', reason: 'Pending', message: 'It has not been looked for moves yet' }

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
