// What each gate runs, in order: the cheap checks first.
import type { Step } from './gate.ts'

const simulate = (...args: readonly string[]): Step => ({
  name: 'simulation',
  command: ['node', 'e2e/simulation/main.ts', ...args],
})

export const okSteps: readonly Step[] = [
  { name: 'generated files are current', command: ['node', 'tools/gen.ts', '--check'] },
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'boundaries', command: ['node', 'tools/check-boundaries.ts'] },
  { name: 'guarantees', command: ['node', 'tools/check-guarantees.ts'] },
  { name: 'dead code', command: ['knip'] },
  { name: 'unit and integration tests', command: ['vitest', 'run', '--project', 'unit'], isTests: true },
  simulate('--count', '12'),
]

/** What the gate with real clusters adds, and needs none: what takes long, and more seeds, the same ones every time. */
export const longSteps: readonly Step[] = [
  { name: 'long tests', command: ['vitest', 'run', '--project', 'long'], isTests: true },
  simulate('--first', '13', '--count', '302'),
  // 315: designs/0018.
  simulate('--first', '316', '--count', '537'),
]

/** An hour of seeds that nobody has tried. */
export const soakSteps: readonly Step[] = [simulate('--fresh', '--seconds', '3600')]

export const realSteps: readonly Step[] = [
  { name: 'real-cluster suite', command: ['vitest', 'run', '--project', 'real'], isTests: true },
]
