// An accident that a peer had, and the guard that keeps it from happening here.
import type { Scenario, Step } from '../scenario.ts'

export interface Accident {
  /** What happened, and to whom. */
  readonly name: string
  /** How it is provoked here. */
  readonly scenario: Scenario
  readonly guard: Guard
  /** The invariant that breaks without the guard. */
  readonly violates: string
}

export interface Guard {
  /** Below `packages/`, with `/src/` and the ending left out. */
  readonly file: string
  /** What takes the place of some of its exports, made of the real ones. */
  readonly without: (real: never) => Readonly<Record<string, unknown>>
}

/** `Module`: of `file`. */
export function withoutGuard<Module>(
  file: string,
  without: (real: Module) => { readonly [K in keyof Module]?: unknown },
): Guard {
  return { file, without: without as Guard['without'] }
}

/** Two members, and an app on both from the beginning: what happens is all that matters. */
export function scenarioOf(
  name: string,
  lastsMs: number,
  steps: readonly Step[],
  rest: Partial<Scenario> = {},
): Scenario {
  const deploy: Step = { at: 0, do: 'deploy', app: 'web', replicas: 6, weights: { eu: 2, us: 1 } }
  return { name, members: ['eu', 'us'], steps: [deploy, ...steps], lastsMs, quietMs: 20_000, ...rest }
}
