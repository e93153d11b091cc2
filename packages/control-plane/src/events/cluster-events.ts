// What one write of a Cluster tells people who look at it. Pure.
import type { Cluster } from '@flotilla/api/cluster'
import { quarantineTaint } from '@flotilla/api/failover'
import { findCondition } from '@flotilla/runtime/conditions'
import type { Happening } from '@flotilla/runtime/event-recorder'

export function clusterEvents(before: Cluster, after: Cluster): readonly Happening[] {
  return [stateEvent(before, after), quarantineEvent(before, after), failoverEvent(before, after)].filter(
    (event) => event !== undefined,
  )
}

function stateEvent({ status: before }: Cluster, { metadata: { name }, status }: Cluster): Happening | undefined {
  const state = status?.health?.state
  if (before?.health === undefined || state === before.health.state) return undefined
  const since = status?.health?.silentSince ?? ''
  switch (state) {
    case 'Unreachable':
      return { type: 'Warning', reason: state, message: `${name} has not answered since ${since}: it gets nothing new` }
    case 'Failed':
      return { type: 'Warning', reason: state, message: `${name} has not answered since ${since}: it counts as lost` }
    case 'Recovering':
      return { type: 'Normal', reason: state, message: `${name} answers again` }
    case 'Healthy':
      // An answer that ends a mere suspicion is nothing to tell of.
      if (before.health.state === 'Suspect') return undefined
      return { type: 'Normal', reason: state, message: `${name} is well again` }
    default:
      return undefined
  }
}

function quarantineEvent(before: Cluster, after: Cluster): Happening | undefined {
  if (isQuarantined(before) || !isQuarantined(after)) return undefined
  const { name } = after.metadata
  const message = `${name} was lost three times within an hour: it gets nothing new. Next: flotilla uncordon ${name}`
  return { type: 'Warning', reason: 'Quarantined', message }
}

function isQuarantined({ spec }: Cluster): boolean {
  return (spec.taints ?? []).some(({ key }) => key === quarantineTaint.key)
}

/** How far a failover is, each time that it comes to another stage. */
function failoverEvent(before: Cluster, after: Cluster): Happening | undefined {
  const known = findCondition(before.status?.conditions, 'Failover')
  const next = findCondition(after.status?.conditions, 'Failover')
  if (next === undefined || next.reason === known?.reason) return undefined
  const isHeld = next.status === 'False' || next.reason === 'SomeStay'
  return { type: isHeld ? 'Warning' : 'Normal', reason: `Failover${next.reason}`, message: next.message }
}
