// What kubectl shows of a pod's state, as upstream's printer derives it from the containers' states.
import type { KubeObject } from '@flotilla/machinery/object'
import { ageOf, at, listAt, numberAt, textAt, type RowContext } from './column.ts'

const isSidecar = (pod: KubeObject, name: unknown) =>
  listAt(pod, 'spec', 'initContainers').some((one) => at(one, 'name') === name && at(one, 'restartPolicy') === 'Always')

const sidecarStatuses = (pod: KubeObject) =>
  listAt(pod, 'status', 'initContainerStatuses').filter((one) => isSidecar(pod, at(one, 'name')))

export function podReady(pod: KubeObject): string {
  const sidecars = listAt(pod, 'spec', 'initContainers').filter((one) => at(one, 'restartPolicy') === 'Always')
  const total = listAt(pod, 'spec', 'containers').length + sidecars.length
  const ready = listAt(pod, 'status', 'containerStatuses').filter(
    (one) => at(one, 'ready') === true && at(one, 'state', 'running') !== undefined,
  )
  const readySidecars = sidecarStatuses(pod).filter((one) => at(one, 'started') === true && at(one, 'ready') === true)
  return `${ready.length + readySidecars.length}/${total}`
}

export function podStatus(pod: KubeObject): string {
  const reason = pod.metadata.deletionTimestamp === undefined ? stateOf(pod) : terminating(pod)
  return reason
}

function terminating(pod: KubeObject): string {
  if (textAt(pod, 'status', 'reason') === 'NodeLost') return 'Unknown'
  const phase = textAt(pod, 'status', 'phase')
  return phase === 'Succeeded' || phase === 'Failed' ? stateOf(pod) : 'Terminating'
}

function stateOf(pod: KubeObject): string {
  const own = textAt(pod, 'status', 'reason') || textAt(pod, 'status', 'phase')
  const isGated = listAt(pod, 'status', 'conditions').some(
    (one) => at(one, 'type') === 'PodScheduled' && at(one, 'reason') === 'SchedulingGated',
  )
  const init = initState(pod)
  if (init !== undefined) return init
  return containersState(pod, isGated ? 'SchedulingGated' : own)
}

/** Undefined when initialisation is over. */
function initState(pod: KubeObject): string | undefined {
  const statuses = listAt(pod, 'status', 'initContainerStatuses')
  const total = listAt(pod, 'spec', 'initContainers').length
  for (const [index, status] of statuses.entries()) {
    const terminated = at(status, 'state', 'terminated')
    if (terminated !== undefined && numberAt(terminated, 'exitCode') === 0) continue
    if (isSidecar(pod, at(status, 'name')) && at(status, 'started') === true) continue
    if (terminated !== undefined) return `Init:${exitText(terminated)}`
    const waiting = textAt(status, 'state', 'waiting', 'reason')
    return waiting === '' || waiting === 'PodInitializing' ? `Init:${index}/${total}` : `Init:${waiting}`
  }
  return undefined
}

function containersState(pod: KubeObject, initial: string): string {
  let reason = initial
  let hasRunning = false
  for (const status of listAt(pod, 'status', 'containerStatuses').toReversed()) {
    const waiting = textAt(status, 'state', 'waiting', 'reason')
    const terminated = at(status, 'state', 'terminated')
    if (waiting !== '') reason = waiting
    else if (terminated !== undefined) reason = exitText(terminated)
    else if (at(status, 'ready') === true && at(status, 'state', 'running') !== undefined) hasRunning = true
  }
  if (reason !== 'Completed' || !hasRunning) return reason
  const isReady = listAt(pod, 'status', 'conditions').some(
    (one) => at(one, 'type') === 'Ready' && at(one, 'status') === 'True',
  )
  return isReady ? 'Running' : 'NotReady'
}

function exitText(terminated: unknown): string {
  const reason = textAt(terminated, 'reason')
  if (reason !== '') return reason
  const signal = numberAt(terminated, 'signal')
  return signal === 0 ? `ExitCode:${numberAt(terminated, 'exitCode')}` : `Signal:${signal}`
}

export function podRestarts(pod: KubeObject, { now }: RowContext): string {
  const statuses = [...listAt(pod, 'status', 'containerStatuses'), ...sidecarStatuses(pod)]
  const count = statuses.reduce<number>((sum, one) => sum + numberAt(one, 'restartCount'), 0)
  const ends = statuses.map((one) => textAt(one, 'lastState', 'terminated', 'finishedAt')).filter((end) => end !== '')
  const last = ends.toSorted().at(-1)
  return count === 0 || last === undefined ? String(count) : `${count} (${ageOf(last, now)} ago)`
}
