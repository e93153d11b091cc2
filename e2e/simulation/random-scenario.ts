// A scenario made of a seed: any of the steps, in any order, on any target.
import { seededRandom } from '@flotilla/runtime/seeded-random'
import { hubId } from './controllers-process.ts'
import type { Scenario, Step, Weights } from './scenario.ts'
import type { Weather } from './weather.ts'

const members = ['eu', 'us', 'ap'] as const
const apps = ['web', 'api'] as const
const servers = ['hub', ...members] as const

/** How long chaos lasts, and how much of it there is: what is lost is replaced after half a minute. */
const lastsMs = { staying: 100_000, failingOver: 180_000 }
const firstStepMs = 15_000

export function randomScenario(seed: number): Scenario {
  const dice = new Dice(seededRandom(seed * 31 + 7))
  const failsOver = seed % 5 !== 0
  const steps: Step[] = apps.map((app, index) => ({
    at: index * 500,
    do: 'deploy',
    app,
    replicas: dice.between(1, 9),
    weights: dice.weights(),
  }))
  if (failsOver) {
    const once = { replicas: 1, weights: { eu: 1, us: 1, ap: 1 }, isSingleton: true }
    steps.push({ at: 1_000, do: 'deploy', app: 'db', ...once })
  }
  const lasts = failsOver ? lastsMs.failingOver : lastsMs.staying
  const kinds = dice.subset(Object.keys(failsOver ? { ...makers, ...losses } : makers) as Kind[])
  // Some runs are crowded: what is still under way meets what comes next.
  const count = dice.between(3, seed % 3 === 0 ? 40 : 14)
  for (let i = 0; i < count; i++) {
    const at = dice.between(firstStepMs, lasts - 1)
    for (const [index, step] of [all[dice.pick(kinds)](dice)].flat().entries()) {
      steps.push({ ...step, at: Math.min(at + index * 28_000, lasts) } as Step)
    }
  }
  // Ten minutes of quiet cost as much as all the rest: the others look for two.
  const quietMs = seed % 8 === 0 ? 600_000 : 120_000
  return {
    name: `random ${seed}`,
    members,
    steps: steps.toSorted((a, b) => a.at - b.at),
    lastsMs: lasts,
    quietMs,
    failsOver,
  }
}

type Made = Step extends infer S ? (S extends Step ? Omit<S, 'at'> : never) : never

const makers = {
  scale: (dice) => ({ do: 'scale', app: dice.pick(apps), replicas: dice.between(0, 12) }),
  weigh: (dice) => ({ do: 'weigh', app: dice.pick(apps), weights: dice.weights() }),
  release: (dice) => ({ do: 'release', app: dice.pick(apps), image: `registry.example.com/app:${dice.between(2, 9)}` }),
  configure: (dice) => ({ do: 'configure', app: dice.pick(apps), value: `value ${dice.between(1, 99)}` }),
  remove: (dice) => ({ do: 'remove', app: dice.pick(apps) }),
  deploy: (dice) => ({ do: 'deploy', app: dice.pick(apps), replicas: dice.between(1, 9), weights: dice.weights() }),
  recreate: (dice) => ({ do: 'recreate', app: dice.pick(apps), replicas: dice.between(1, 9) }),
  orphan: (dice) => ({ do: 'orphan', app: dice.pick(apps) }),
  deleteBinding: (dice) => ({ do: 'delete-binding', app: dice.pick(apps) }),
  deletePolicy: (dice) => ({ do: 'delete-policy', app: dice.pick(apps) }),
  place: (dice) => ({ do: 'place', app: dice.pick(apps), weights: dice.weights() }),
  taint: (dice) => ({
    do: 'taint',
    cluster: dice.pick(members),
    effect: dice.pick(['NoSchedule', 'NoExecute'] as const),
  }),
  suspend: (dice) => ({ do: 'suspend', cluster: dice.pick(members), forMs: dice.between(5_000, 60_000) }),
  unjoin: (dice) => ({ do: 'unjoin', cluster: dice.pick(members) }),
  unjoinByForce: (dice) => ({ do: 'unjoin-by-force', cluster: dice.pick(members) }),
  join: (dice) => ({ do: 'join', cluster: dice.pick(members) }),
  meddle: (dice) => ({ do: 'meddle', cluster: dice.pick(members), app: dice.pick(apps) }),
  deleteCopy: (dice) => ({ do: 'delete-copy', cluster: dice.pick(members), app: dice.pick(apps) }),
  deny: (dice) => ({
    do: 'deny',
    cluster: dice.pick(members),
    code: dice.pick(['Forbidden', 'Invalid', 'Internal'] as const),
    forMs: dice.between(2_000, 40_000),
  }),
  holdBack: (dice) => ({
    do: 'hold-back',
    cluster: dice.pick(members),
    app: dice.pick(apps),
    forMs: dice.between(5_000, 40_000),
  }),
  weather: (dice) => ({
    do: 'weather',
    server: dice.pick(servers),
    weather: dice.weather(),
    forMs: dice.between(2_000, 60_000),
  }),
  breakWatches: (dice) => ({
    do: 'break-watches',
    server: dice.pick(servers),
    how: dice.pick(['end', 'reset', 'expired'] as const),
  }),
  compact: (dice) => ({ do: 'compact', server: dice.pick(servers) }),
  down: (dice) => ({ do: 'down', server: dice.pick(servers), forMs: dice.between(500, 50_000) }),
  wipe: (dice) => ({ do: 'wipe', cluster: dice.pick(members) }),
  crash: (dice) => ({ do: 'crash', forMs: dice.between(0, 40_000) }),
  pause: (dice) => ({
    do: 'pause',
    how: dice.pick(['stopped', 'asleep'] as const),
    forMs: dice.between(500, 60_000),
  }),
  skew: (dice) => ({ do: 'skew', ms: dice.between(-3_600_000, 3_600_000) }),
  claim: (dice) => ({
    do: 'claim',
    cluster: dice.pick(members),
    ...dice.pick([
      { generation: 2, hubId },
      { generation: 1, hubId: 'another' },
    ]),
  }),
  rival: (dice) => ({ do: 'rival', forMs: dice.between(5_000, 70_000) }),
} as const satisfies Readonly<Record<string, (dice: Dice) => Made>>

/** What takes clusters away for long enough to be noticed; of several steps each comes half a minute after the one before. */
const losses = {
  lose: (dice) => ({ do: 'down', server: dice.pick(members), forMs: dice.between(30_000, 120_000) }),
  cutOff: (dice) => ({
    do: 'weather',
    server: dice.pick(members),
    weather: { cut: dice.pick(['to', 'from', 'both'] as const) },
    forMs: dice.between(30_000, 120_000),
  }),
  flap: (dice) => {
    const server = dice.pick(members)
    return Array.from({ length: 4 }, () => ({ do: 'down', server, forMs: dice.between(14_000, 22_000) }) as const)
  },
  order: (dice) => ({ do: 'order', cluster: dice.pick(members), forMs: dice.between(5_000, 90_000) }),
  freeze: (dice) => ({ do: 'freeze', forMs: dice.between(5_000, 90_000) }),
} as const satisfies Readonly<Record<string, (dice: Dice) => Made | readonly Made[]>>

type Kind = keyof typeof makers | keyof typeof losses

const all: Readonly<Record<Kind, (dice: Dice) => Made | readonly Made[]>> = { ...makers, ...losses }

class Dice {
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1))
  }

  pick<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)] as T
  }

  /** A few of them: a run that does few kinds of things goes deeper into each. */
  subset<T>(items: readonly T[]): readonly T[] {
    const count = this.between(2, 8)
    return Array.from({ length: count }, () => this.pick(items))
  }

  weights(): Weights {
    const all = Object.fromEntries(members.map((name) => [name, this.between(0, 3)]))
    return Object.values(all).some((weight) => weight > 0) ? all : { [this.pick(members)]: 1 }
  }

  weather(): Partial<Weather> {
    const latency = this.between(1, 4_000)
    const who = this.pick<Partial<Weather>>([{}, {}, { of: 'controllers' }, { of: 'rival' }])
    const what = this.pick<Partial<Weather>>([
      { latencyMs: [1, latency] },
      { loss: this.between(1, 6) / 10 },
      { lostAnswers: this.between(1, 8) / 10 },
      { duplicates: this.between(1, 9) / 10 },
      { cut: this.pick(['to', 'from', 'both'] as const) },
      { cut: 'both', only: this.pick(['sync', 'probe'] as const) },
      {
        refusals: this.between(1, 10) / 10,
        refusal: this.pick(['TooManyRequests', 'Unavailable', 'Internal', 'Unauthenticated', 'Forbidden'] as const),
      },
    ])
    return { ...what, ...who }
  }
}
