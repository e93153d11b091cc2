// Every controller, in one list, and what they share: informers over the hub, sessions with members, fences.
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { RunningController } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { startController } from '@flotilla/runtime/start-controller'
import { createCostSheetControllers } from './binding/cost-sheets/controller.ts'
import { createPreemptionController } from './binding/preemption/controller.ts'
import { createRebalanceController } from './binding/rebalance/controller.ts'
import { createSolveHere, type Solve } from './binding/rebalance/solve.ts'
import { createSchedulerController } from './binding/scheduler/controller.ts'
import { createHealthController } from './cluster/health/controller.ts'
import type { HubClaim } from './cluster/health/hub-lease.ts'
import { KnownPast } from './cluster/health/hub-past.ts'
import type { HealthOptions } from './cluster/health/judge-probe.ts'
import { createInventoryController } from './cluster/inventory/controller.ts'
import { createLeaveController } from './cluster/leave/controller.ts'
import { startOrphans } from './cluster/orphans/controller.ts'
import { Readings } from './readings.ts'
import type { Connect } from './connect.ts'
import type { Hmac } from './delivery/applied-hash.ts'
import { startDelivery } from './delivery/controller.ts'
import { createEventsController } from './events/controller.ts'
import { createFailoverController } from './failover/controller.ts'
import type { FailoverOptions } from './failover/options.ts'
import { Fences } from './fences.ts'
import { createFinishedJobsController } from './finished-jobs/controller.ts'
import { createHub } from './hub.ts'
import type { Hub } from './hub.ts'
import { createInterpreterController } from './interpreter/controller.ts'
import { Members } from './members/members.ts'
import { createMovesController } from './moves/controller.ts'
import { createPolicyController } from './policy/controller.ts'
import { type CallScorer, cannotCall } from './binding/scorer/call-scorer.ts'
import { createScorerController } from './binding/scorer/controller.ts'
import { ExternalScores } from './binding/scorer/external-scores.ts'
import { createGroupController } from './policy/group-controller.ts'
import { startStatus } from './status/controller.ts'

export interface ControlPlaneOptions {
  readonly env: Env
  /** The hub, under the controllers' own identity. */
  readonly api: KubeApi
  /** Who we are to members: `hubId` is the UID of the hub's kube-system namespace. */
  readonly claim: HubClaim
  readonly connect: Connect
  /** Default: external scorers cannot be asked. */
  readonly callScorer?: CallScorer
  /** With a key that only this hub has. */
  readonly hmac: Hmac
  /** Milliseconds between two probes of a member. Default 5 s. */
  readonly probeEveryMs?: number
  readonly health?: HealthOptions
  readonly failover?: FailoverOptions
  /** Milliseconds between two readings of what a member offers. Default 60 s. */
  readonly readEveryMs?: number
  /** Requests per second and member. Default 1,000. */
  readonly requestRate?: number
  /** Who solves what rebalances ask. Default: this thread, between other work. */
  readonly solve?: Solve
}

export interface ControlPlane extends AsyncDisposable {
  readonly hub: Hub
  readonly members: Members
  /** Resolves when no controller has anything to do now (delayed work does not count). */
  idle(): Promise<void>
}

/** Starts all controllers. Nothing is written to a member before its lease is held and the hub has been read whole. */
export function startControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { env, api, claim } = options
  const hub = createHub({ env, api, id: claim.hubId })
  const fences = new Fences()
  const past = new KnownPast({ ...options, hub })
  const members = new Members({ ...options, hub, fences })
  const memberApi = (cluster: string) => members.get(cluster)?.api
  const scores = new ExternalScores({ env, hub, callScorer: options.callScorer ?? cannotCall })
  const readings = new Readings()
  const scheduler = createSchedulerController({ env, hub, readings, scores })
  const { withFirstDecision, evictor, view } = scheduler
  const controllers: readonly RunningController[] = [
    createHealthController({ ...options, hub, fences, past, heardAt: (name) => members.get(name)?.lastContact }),
    createInventoryController({ ...options, hub, memberApi, readings }),
    createLeaveController({ env, hub, fences, memberApi: (name, check) => members.get(name)?.checkedApi(check) }),
    createPolicyController({ env, hub, withFirstDecision }),
    createGroupController({ env, hub, withFirstDecision }),
    scheduler,
    createPreemptionController({ env, hub, view, readings, memberApi }),
    createRebalanceController({ env, hub, view, solve: options.solve ?? createSolveHere(env) }),
    ...createCostSheetControllers({ env, hub }),
    createScorerController({ env, hub, scores }),
    createInterpreterController({ env, hub }),
    createFinishedJobsController({ env, hub }),
    createFailoverController({ ...options, hub, evictor }),
    createMovesController({ env, hub }),
    createEventsController({ env, hub }),
  ].map((controller) => startController(env, controller))
  const delivery = startDelivery({ ...options, hub, members, fences })
  const status = startStatus({ env, hub, members })
  const orphans = startOrphans({ env, hub, members })
  hub.start()
  members.start()
  return {
    hub,
    members,
    async idle() {
      await Promise.all([...controllers, delivery, status, orphans].map((each) => each.idle()))
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...controllers, delivery, status, orphans].map((each) => each[Symbol.asyncDispose]()))
      await members[Symbol.asyncDispose]()
      past[Symbol.dispose]()
      await hub[Symbol.asyncDispose]()
    },
  }
}
