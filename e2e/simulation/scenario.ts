// What happens in a run, as data: it can be printed, shortened and replayed.
import type { ErrorCode } from '@flotilla/machinery/errors'
import type { Pause } from './sim-process.ts'
import type { Weather } from './weather.ts'

/** Replicas' shares by cluster. */
export type Weights = Readonly<Record<string, number>>

/** What people do on the hub. `app`: a Deployment with its settings and a policy of the same name. */
type OnHub =
  | {
      readonly do: 'deploy'
      readonly app: string
      readonly replicas: number
      readonly weights: Weights
      /** It must not run twice. */
      readonly isSingleton?: boolean
      /** Of each replica. */
      readonly cpu?: string
    }
  | { readonly do: 'scale'; readonly app: string; readonly replicas: number }
  | { readonly do: 'weigh'; readonly app: string; readonly weights: Weights }
  | { readonly do: 'release'; readonly app: string; readonly image: string }
  | { readonly do: 'configure'; readonly app: string; readonly value: string }
  /** A policy for what is there already. */
  | { readonly do: 'place'; readonly app: string; readonly weights: Weights }
  | { readonly do: 'remove'; readonly app: string }
  /** Deleted, and created again at once: another object of the same name. */
  | { readonly do: 'recreate'; readonly app: string; readonly replicas: number }
  | { readonly do: 'orphan'; readonly app: string }
  | { readonly do: 'delete-binding'; readonly app: string }
  | { readonly do: 'delete-policy'; readonly app: string }
  | { readonly do: 'taint'; readonly cluster: string; readonly effect: 'NoSchedule' | 'NoExecute' }
  | { readonly do: 'untaint'; readonly cluster: string }
  | { readonly do: 'suspend'; readonly cluster: string; readonly forMs: number }
  | { readonly do: 'unjoin'; readonly cluster: string }
  | { readonly do: 'unjoin-by-force'; readonly cluster: string }
  /** `keeps`: what it was left with is not pruned before. */
  | { readonly do: 'join'; readonly cluster: string; readonly keeps?: boolean }

/** What people say of moves. */
type OnMoves =
  | { readonly do: 'freeze'; readonly forMs: number }
  /** Everything is to leave the cluster, as `flotilla failover` orders it. */
  | { readonly do: 'order'; readonly cluster: string; readonly forMs: number }

/** What people, and what runs there, do on a member. */
type OnMember =
  | { readonly do: 'meddle'; readonly cluster: string; readonly app: string }
  | { readonly do: 'delete-copy'; readonly cluster: string; readonly app: string }
  /** Somebody else's Deployment of that name is there already. */
  | { readonly do: 'squat'; readonly cluster: string; readonly app: string }
  | { readonly do: 'deny'; readonly cluster: string; readonly code: ErrorCode; readonly forMs: number }
  /** A finalizer of somebody else holds the copy, so that its deletion waits. */
  | { readonly do: 'hold-back'; readonly cluster: string; readonly app: string; readonly forMs: number }

/** What breaks. `server`: `hub` or a member. */
type OnMachines =
  | { readonly do: 'weather'; readonly server: string; readonly weather: Partial<Weather>; readonly forMs: number }
  | { readonly do: 'break-watches'; readonly server: string; readonly how: 'end' | 'reset' | 'expired' }
  | { readonly do: 'compact'; readonly server: string }
  | { readonly do: 'down'; readonly server: string; readonly forMs: number }
  /** Another cluster, with nothing on it, answers at the address. `isPrepared`: for a hub to manage it. */
  | { readonly do: 'wipe'; readonly cluster: string; readonly isPrepared?: boolean }
  /** The process of the controllers dies, and starts again so much later. */
  | { readonly do: 'crash'; readonly forMs: number }
  | { readonly do: 'pause'; readonly how: Pause; readonly forMs: number }
  | { readonly do: 'skew'; readonly ms: number }
  /** A second process of the same hub, for so long. */
  | { readonly do: 'rival'; readonly forMs: number }
  /** Another hub takes the member. */
  | { readonly do: 'claim'; readonly cluster: string; readonly generation: number; readonly hubId: string }

/** `at`: ms since the beginning of chaos. */
export type Step = { readonly at: number } & (OnHub | OnMoves | OnMember | OnMachines)

export interface Scenario {
  readonly name: string
  readonly members: readonly string[]
  readonly steps: readonly Step[]
  /** Of chaos, ms. */
  readonly lastsMs: number
  /** What a lost cluster runs is replaced. Default: policies tolerate that it is lost. */
  readonly failsOver?: boolean
  /** How long nothing may be written once all is at rest, ms. Default: ten minutes. */
  readonly quietMs?: number
  /** From a pod's being bound to its being ready, ms. Default 800. */
  readonly podStartMs?: number
  /** Within how long an edit must have been acted on, ms. Default: five minutes. */
  readonly actsWithinMs?: number
  /** Requests per second and member. Default 200. */
  readonly requestRate?: number
}

/** One line per step, for people. */
export function describeStep({ at, do: what, ...rest }: Step): string {
  const details = Object.entries(rest).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return `${(at / 1000).toFixed(1)} s  ${[what, ...details].join(' ')}`
}
