// Runs that once violated an invariant: they stay in the gate, as data, so that they outlive changes of how scenarios are made.
import type { Scenario } from './scenario.ts'

export interface FoundRun {
  readonly seed: number
  readonly scenario: Scenario
}

const usual = { members: ['eu', 'us', 'ap'], quietMs: 120_000 } as const

export const foundRuns: readonly FoundRun[] = [
  {
    seed: 2010,
    scenario: {
      ...usual,
      lastsMs: 100000,
      name: 'seed 2010',
      steps: [
        { at: 0, do: 'deploy', app: 'web', replicas: 9, weights: { eu: 1, us: 0, ap: 0 } },
        { at: 500, do: 'deploy', app: 'api', replicas: 2, weights: { eu: 2, us: 1, ap: 2 } },
        { at: 17612, do: 'rival', forMs: 32651 },
        { at: 19355, do: 'delete-binding', app: 'api' },
        { at: 27672, do: 'delete-binding', app: 'web' },
        { at: 32361, do: 'delete-binding', app: 'web' },
        {
          at: 39925,
          do: 'weather',
          server: 'us',
          weather: { refusals: 0.2, refusal: 'TooManyRequests', of: 'controllers' },
          forMs: 45308,
        },
        {
          at: 40602,
          do: 'weather',
          server: 'ap',
          weather: { refusals: 0.8, refusal: 'Forbidden', of: 'rival' },
          forMs: 6749,
        },
        { at: 41081, do: 'delete-binding', app: 'api' },
        { at: 43993, do: 'weather', server: 'eu', weather: { refusals: 0.3, refusal: 'Unauthenticated' }, forMs: 8257 },
        { at: 47761, do: 'delete-binding', app: 'api' },
        { at: 50116, do: 'delete-copy', cluster: 'ap', app: 'web' },
        { at: 51844, do: 'delete-binding', app: 'api' },
        { at: 52276, do: 'rival', forMs: 57410 },
        { at: 52630, do: 'rival', forMs: 19210 },
        { at: 53938, do: 'weather', server: 'eu', weather: { lostAnswers: 0.5, of: 'rival' }, forMs: 36122 },
        { at: 59255, do: 'delete-binding', app: 'web' },
        {
          at: 59784,
          do: 'weather',
          server: 'us',
          weather: { refusals: 0.4, refusal: 'Unauthenticated' },
          forMs: 57071,
        },
        { at: 60350, do: 'delete-binding', app: 'web' },
        { at: 64647, do: 'delete-copy', cluster: 'eu', app: 'api' },
        {
          at: 65778,
          do: 'weather',
          server: 'us',
          weather: { refusals: 1, refusal: 'TooManyRequests', of: 'controllers' },
          forMs: 19809,
        },
        { at: 70430, do: 'rival', forMs: 20946 },
        { at: 70666, do: 'rival', forMs: 15890 },
        { at: 76085, do: 'delete-binding', app: 'web' },
        { at: 79024, do: 'weather', server: 'ap', weather: { duplicates: 0.8, of: 'rival' }, forMs: 23386 },
        { at: 79419, do: 'rival', forMs: 53886 },
        { at: 80687, do: 'rival', forMs: 55124 },
        { at: 87365, do: 'weather', server: 'eu', weather: { loss: 0.4, of: 'rival' }, forMs: 33645 },
        {
          at: 88847,
          do: 'weather',
          server: 'ap',
          weather: { refusals: 0.3, refusal: 'Forbidden', of: 'rival' },
          forMs: 27088,
        },
        { at: 88997, do: 'weather', server: 'ap', weather: { latencyMs: [1, 1207], of: 'controllers' }, forMs: 58880 },
        {
          at: 89328,
          do: 'weather',
          server: 'ap',
          weather: { refusals: 0.2, refusal: 'Unauthenticated' },
          forMs: 54992,
        },
        { at: 90765, do: 'rival', forMs: 10798 },
        { at: 94099, do: 'weather', server: 'eu', weather: { cut: 'from', of: 'controllers' }, forMs: 54180 },
        { at: 94964, do: 'join', cluster: 'eu' },
      ],
    },
  },
  {
    seed: 2064,
    scenario: {
      ...usual,
      lastsMs: 100000,
      name: 'seed 2064',
      steps: [
        { at: 0, do: 'deploy', app: 'web', replicas: 7, weights: { eu: 3, us: 2, ap: 2 } },
        { at: 66310, do: 'deny', cluster: 'us', code: 'Forbidden', forMs: 21556 },
        { at: 81337, do: 'deny', cluster: 'eu', code: 'Internal', forMs: 10876 },
        { at: 82195, do: 'meddle', cluster: 'us', app: 'web' },
        { at: 85840, do: 'recreate', app: 'web', replicas: 8 },
      ],
    },
  },
  {
    seed: 1112,
    scenario: {
      ...usual,
      lastsMs: 180000,
      failsOver: true,
      name: 'seed 1112',
      steps: [
        { do: 'down', server: 'eu', forMs: 36599, at: 18454 },
        { do: 'skew', ms: -2175242, at: 66866 },
      ],
    },
  },
  {
    seed: 3035,
    scenario: {
      ...usual,
      lastsMs: 100000,
      failsOver: false,
      name: 'seed 3035',
      steps: [
        { at: 500, do: 'deploy', app: 'api', replicas: 5, weights: { eu: 3, us: 3, ap: 2 } },
        { do: 'claim', cluster: 'us', generation: 1, hubId: 'another', at: 55216 },
        { do: 'meddle', cluster: 'us', app: 'api', at: 80625 },
        { do: 'skew', ms: -3212985, at: 91858 },
      ],
    },
  },
  {
    seed: 306,
    scenario: {
      ...usual,
      failsOver: true,
      lastsMs: 180_000,
      name: 'seed 306',
      steps: [
        { at: 0, do: 'deploy', app: 'web', replicas: 9, weights: { eu: 3, us: 2, ap: 2 } },
        { do: 'down', server: 'ap', forMs: 31913, at: 21626 },
        { do: 'recreate', app: 'web', replicas: 1, at: 32795 },
        { do: 'down', server: 'eu', forMs: 30546, at: 48391 },
        { do: 'down', server: 'ap', forMs: 85356, at: 49231 },
        { do: 'down', server: 'us', forMs: 70017, at: 52687 },
        { do: 'recreate', app: 'web', replicas: 3, at: 81493 },
        { do: 'recreate', app: 'web', replicas: 7, at: 87590 },
        { do: 'down', server: 'eu', forMs: 110349, at: 87881 },
        { do: 'down', server: 'ap', forMs: 98684, at: 92719 },
        { do: 'recreate', app: 'web', replicas: 7, at: 105676 },
      ],
    },
  },
  {
    seed: 7008,
    scenario: {
      ...usual,
      lastsMs: 180000,
      failsOver: true,
      name: 'seed 7008',
      steps: [
        { at: 500, do: 'deploy', app: 'api', replicas: 7, weights: { eu: 1, us: 3, ap: 1 } },
        { do: 'recreate', app: 'api', replicas: 1, at: 97157 },
        { do: 'suspend', cluster: 'us', forMs: 19893, at: 123104 },
        { do: 'down', server: 'eu', forMs: 21053, at: 124493 },
      ],
    },
  },
]
