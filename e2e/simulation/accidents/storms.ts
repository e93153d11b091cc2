// Requests without end: retries, watches, fights.
import type * as backoff from '../../../packages/runtime/src/backoff.ts'
import type * as idleWatch from '../../../packages/runtime/src/idle-watch.ts'
import type * as fights from '../../../packages/control-plane/src/delivery/fights.ts'
import type * as requestBudget from '../../../packages/control-plane/src/members/request-budget.ts'
import { scenarioOf, withoutGuard, type Accident } from './accident.ts'

export const storms: readonly Accident[] = [
  {
    name: 'a server that refuses is asked tens of times a second (client-javascript#1933)',
    scenario: scenarioOf('refused', 60_000, [
      { at: 25_000, do: 'weather', server: 'hub', weather: { refusals: 1, refusal: 'Internal' }, forMs: 10_000 },
      { at: 25_100, do: 'break-watches', server: 'hub', how: 'reset' },
    ]),
    guard: withoutGuard<typeof backoff>('runtime/backoff', () => ({ backoffDelay: () => 0 })),
    violates: 'I6',
  },
  {
    name: 'a watch that silently says nothing more is never given up (client-javascript#364)',
    scenario: scenarioOf('silent watch', 60_000, [
      { at: 25_000, do: 'weather', server: 'us', weather: { loss: 1, only: 'sync' }, forMs: 4_000 },
      { at: 25_100, do: 'break-watches', server: 'us', how: 'end' },
      { at: 40_000, do: 'scale', app: 'web', replicas: 9 },
    ]),
    guard: withoutGuard<typeof idleWatch>('runtime/idle-watch', () => ({
      watchIdleness: (_: unknown, __: number, outer: AbortSignal) => ({
        signal: outer,
        isOver: false,
        touch: () => {},
        stop: () => {},
      }),
    })),
    violates: 'I7',
  },
  {
    name: 'self-healing fights somebody else over a field for ever (argo-cd, self-heal loops)',
    scenario: scenarioOf(
      'fight',
      90_000,
      Array.from({ length: 30 }, (_, index) => ({
        at: 25_000 + index * 1_500,
        do: 'meddle',
        cluster: 'us',
        app: 'web',
      })),
    ),
    guard: withoutGuard<typeof fights>('control-plane/delivery/fights', ({ Fights }) => ({
      Fights: class extends Fights {
        override rivals() {
          return new Map()
        }
      },
    })),
    violates: 'I6',
  },
  {
    name: 'an API server is flooded by those that watch over it (OpenAI, 2024-12-11)',
    scenario: scenarioOf('flood', 40_000, [{ at: 25_000, do: 'crash', forMs: 0 }], { requestRate: 8 }),
    guard: withoutGuard<typeof requestBudget>('control-plane/members/request-budget', ({ RequestBudget }) => ({
      RequestBudget: class extends RequestBudget {
        override take() {
          return undefined
        }
      },
    })),
    violates: 'I6',
  },
]
