// What clusters hold that nothing on the hub claims, in words. Pure.
import type { Cluster, Orphan } from '@flotilla/api/cluster'
import { ageOf } from '../output/age.ts'

export interface OrphanCount {
  readonly cluster: string
  readonly count: number
}

/** Of clusters that have any. */
export function countOrphans(clusters: readonly Cluster[]): readonly OrphanCount[] {
  return clusters.flatMap(({ metadata, status }) =>
    status?.orphans ? [{ cluster: metadata.name, count: status.orphans.count }] : [],
  )
}

/** `3 objects on eu and 2 more clusters`. `counts`: at least one. */
export function orphansPhrase(counts: readonly OrphanCount[]): string {
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  const more = counts.length - 1
  const where = `${counts[0]?.cluster}${more === 0 ? '' : ` and ${counted(more, 'more cluster')}`}`
  return `${counted(total, 'object')} on ${where}`
}

/** What one cluster holds, a line each, and what to do about it; empty: nothing. */
export function orphansText({ metadata, status }: Cluster, now: number): string {
  if (!status?.orphans) return ''
  const { count, oldest } = status.orphans
  const rest = count - oldest.length
  return [
    `Orphaned: nothing on the hub claims ${counted(count, 'object')} here that ${count === 1 ? 'carries' : 'carry'} its label. Left alone:`,
    ...oldest.map((orphan) => `  ${nameOf(orphan)}, for ${ageOf(orphan.since, now)}`),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
    `Next: apply their templates and a policy to the hub to claim them again, or delete them with flotilla prune -C ${metadata.name}\n`,
  ].join('\n')
}

function nameOf({ kind, namespace, name }: Orphan): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
