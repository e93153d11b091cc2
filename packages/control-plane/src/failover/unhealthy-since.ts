// Remembers since when workloads are not healthy on clusters that answer. A hub that restarts counts anew.
import type { Binding } from '../hub.ts'
import { keyOf } from '@flotilla/machinery/object'

export class UnhealthySince {
  /** By binding, then by cluster id: ms since 1970. */
  #since: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map()

  /** By cluster id; undefined: it is healthy everywhere, or nobody knows. */
  of(key: string): ReadonlyMap<string, number> | undefined {
    return this.#since.get(key)
  }

  /** `bindings`: all that matter; others are forgotten. `now`: ms since 1970. */
  observe(bindings: readonly Binding[], now: number): void {
    this.#since = new Map(
      bindings.flatMap((binding) => {
        const key = keyOf(binding.metadata)
        const ill = illOn(binding)
        return ill.length === 0 ? [] : [[key, new Map(ill.map((id) => [id, this.of(key)?.get(id) ?? now]))] as const]
      }),
    )
  }
}

/** Fewer are ready than it is to have there. What is only paused, or on its way with all that is wanted, is not ill. */
function illOn({ spec, status }: Binding): readonly string[] {
  const { decision } = spec
  if (status?.decisionHash !== decision?.forHash) return []
  const wanted = new Map(decision?.clusters.map(({ id, replicas = 0 }) => [id, replicas]))
  return (status?.clusters ?? []).flatMap(({ id = '', state, health, readyReplicas = 0 }) => {
    const isKnown = state === 'Applied' && health !== 'Healthy' && health !== 'Unknown'
    return isKnown && readyReplicas < (wanted.get(id) ?? 0) ? [id] : []
  })
}
