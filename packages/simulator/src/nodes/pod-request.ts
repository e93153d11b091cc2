// How much of a node a pod takes, in whole numbers that add up exactly.
import { parseQuantity } from '@flotilla/machinery/quantity'
import type { Container, Pod, ResourceAmounts } from '../kinds.ts'

/** By resource name: CPU in thousandths of a core, everything else in units (bytes, pods, devices). */
export type Amounts = ReadonlyMap<string, number>

const known = new Map<string, number>()

/** The amounts of a resource list. */
export function amountsOf(list: ResourceAmounts | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, amountOf(name, text)]))
}

/** A pod's containers together, or its biggest init container if that is more; and one pod. */
export function podRequest(pod: Pod): Amounts {
  const { containers, initContainers = [], overhead } = pod.spec
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')
  const running = sumAmounts([...containers, ...sidecars].map(requestsOf))
  const initial = initContainers.filter(({ restartPolicy }) => restartPolicy !== 'Always').map(requestsOf)
  const most = new Map(running)
  for (const amounts of initial) {
    for (const [name, amount] of amounts) most.set(name, Math.max(most.get(name) ?? 0, amount))
  }
  return sumAmounts([most, amountsOf(overhead), new Map([['pods', 1]])])
}

function requestsOf({ resources }: Container): Amounts {
  return amountsOf({ ...resources?.limits, ...resources?.requests })
}

function sumAmounts(all: readonly Amounts[]): Amounts {
  const sum = new Map<string, number>()
  for (const amounts of all) for (const [name, amount] of amounts) sum.set(name, (sum.get(name) ?? 0) + amount)
  return sum
}

/** The same few texts come up thousands of times. */
function amountOf(name: string, text: string): number {
  const scale = name === 'cpu' ? 1_000_000n : 1_000_000_000n
  const id = `${scale}/${text}`
  const found = known.get(id)
  if (found !== undefined) return found
  const { nanos } = parseQuantity(text)
  const amount = Number((nanos + scale - 1n) / scale)
  if (known.size < 10_000) known.set(id, amount)
  return amount
}
