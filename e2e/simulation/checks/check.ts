// A check watches a run and says when a promise is broken. It keeps what it needs as events come: none looks at the
// whole fleet at every step.
import type { StoreEvent } from '@flotilla/kube-server/store/store'
import type { KubeObject } from '@flotilla/machinery/object'
import type { FleetModel } from '../fleet-model.ts'
import type { SimMember } from '../sim-member.ts'
import type { SimProcess } from '../sim-process.ts'
import type { Call } from '../sim-net.ts'

export interface Watched {
  readonly model: FleetModel
  readonly members: ReadonlyMap<string, SimMember>
  /** What a member holds now, by the store's key. */
  held(member: string, key: string): KubeObject | undefined
  /** Of the controllers, that live. */
  readonly processes: ReadonlySet<SimProcess>
  /** Nothing has been wrong with the hub and the ways to it for so long. */
  isSteady(ms: number): boolean
  /** Virtual ms since 1970. */
  now(): number
  violate(invariant: string, message: string): void
}

export interface Check {
  /** A process sends a request. */
  onSent?(call: Call): void
  /** A request has reached its server and is about to be carried out. */
  onArrival?(call: Call): void
  /** The server has carried it out. */
  onDone?(call: Call): void
  /** A process has heard that it was, or that it may not be. */
  onAnswered?(call: Call): void
  /** A process starts, or goes on after a pause. */
  onWake?(process: string): void
  /** A process dies, or is paused. */
  onDeaf?(process: string): void
  /** The clock of a process is put on another time. */
  onSkew?(): void
  /** After the model has taken it. */
  onHubEvent?(event: StoreEvent): void
  onMemberEvent?(member: SimMember, event: StoreEvent): void
  /** Somebody but us has taken replicas away, or may have: of one app, or of all. */
  onDisturbance?(app?: string): void
  /** All that ran on the member is gone at once. */
  onWipe?(member: string): void
}
