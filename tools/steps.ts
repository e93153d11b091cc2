// What each gate runs, in order: the cheap checks first.
import type { Step } from './gate.ts'

export const okSteps: readonly Step[] = [
  { name: 'generated files are current', command: ['node', 'tools/gen.ts', '--check'] },
  { name: 'types', command: ['tsc', '-b'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', command: ['oxfmt', '--check'] },
  { name: 'boundaries', command: ['node', 'tools/check-boundaries.ts'] },
  { name: 'guarantees', command: ['node', 'tools/check-guarantees.ts'] },
  { name: 'dead code', command: ['knip'] },
  { name: 'unit and integration tests', command: ['vitest', 'run', '--project', 'unit'], isTests: true },
]

export const realSteps: readonly Step[] = [
  { name: 'real-cluster suite', command: ['vitest', 'run', '--project', 'real'], isTests: true },
]
