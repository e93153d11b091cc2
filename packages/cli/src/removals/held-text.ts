// What the breaker holds, in words. Pure.
import { ageOf } from '../output/age.ts'
import { formatTable } from '../output/table.ts'
import type { HeldRemoval } from './held.ts'

const mostClusters = 3

export function heldTable(held: readonly HeldRemoval[], now: number): string {
  const rows = held.map(({ kind, name, namespace, clusters, copies, isDeleted, policy, since }) => [
    `${kind.toLowerCase()}/${name}`,
    namespace ?? '<none>',
    clustersText(clusters),
    `${copies}`,
    isDeleted ? 'template deleted' : 'no longer placed there',
    policy ?? '<none>',
    ageOf(since, now),
  ])
  return formatTable(['NAME', 'NAMESPACE', 'CLUSTERS', 'COPIES', 'CAUSE', 'POLICY', 'HELD'], rows)
}

/** Why, once for each reason, and what to do. */
export function heldReasons(held: readonly HeldRemoval[]): string {
  const first = new Map(held.map((each) => [`${each.scope} ${each.policy ?? ''}`, each]))
  const byScope = [...first.values()].filter(
    (each, index, all) => each.scope === 'Policy' || all.findIndex(({ scope }) => scope === 'Hub') === index,
  )
  const lines = byScope.map(({ scope, policy, namespace, message }) =>
    scope === 'Hub'
      ? `Of the hub ${message}.\nNext: flotilla approve --all, or undo what caused it`
      : `Of policy ${policy} ${message}.\nNext: flotilla approve --policy ${policy}${namespace === undefined ? '' : ` -n ${namespace}`}, or undo what caused it`,
  )
  return `${lines.join('\n')}\n`
}

function clustersText(clusters: readonly string[]): string {
  const [some, more] = [clusters.slice(0, mostClusters), clusters.length - mostClusters]
  return `${some.join(',')}${more > 0 ? ` and ${more} more` : ''}`
}
