// The same violation with fewer steps: each one is left out that it does not need.
import { simulate, type Run } from './simulate.ts'

/** `run` must have violated something. */
export async function shrink(run: Run): Promise<Run> {
  let smallest = run
  for (let size = Math.ceil(run.scenario.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < smallest.scenario.steps.length;) {
      const { scenario, seed, violation } = smallest
      const steps = scenario.steps.toSpliced(from, size)
      const tried = await simulate(seed, { ...scenario, steps })
      if (tried.violation?.invariant === violation?.invariant) smallest = tried
      else from += size
    }
  }
  return smallest
}
