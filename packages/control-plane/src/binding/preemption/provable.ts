// Whether room on nodes is all that the pods of a template need: of what else they ask for nothing can be proved. Pure.
import type { KubeObject } from '@flotilla/machinery/object'
import { asDict, asDicts, dictAt, valueAt } from '@flotilla/machinery/untyped'
import type { Dict } from '@flotilla/machinery/untyped'
import { kindIdOf } from '../../object-id.ts'
import { podPathOf } from '../../pod-path.ts'

/** False where pods must be beside or apart from others, or need ports of nodes, volumes or devices. */
export function needsOnlyRoom(template: KubeObject): boolean {
  const path = podPathOf(kindIdOf(template))
  if (path === undefined || asDicts(valueAt(template, 'spec', 'volumeClaimTemplates')).length > 0) return false
  const pod = dictAt(template, ...path, 'spec')
  return !isChoosy(pod) && !holdsMore(pod)
}

function isChoosy(pod: Dict): boolean {
  const affinity = asDict(pod['affinity'])
  const isBound = ['podAffinity', 'podAntiAffinity'].some(
    (name) => asDicts(dictAt(affinity, name)['requiredDuringSchedulingIgnoredDuringExecution']).length > 0,
  )
  const isSpread = asDicts(pod['topologySpreadConstraints']).some(
    (each) => each['whenUnsatisfiable'] !== 'ScheduleAnyway',
  )
  const { schedulerName = 'default-scheduler', schedulingGates } = pod
  return isBound || isSpread || schedulerName !== 'default-scheduler' || asDicts(schedulingGates).length > 0
}

function holdsMore(pod: Dict): boolean {
  const hasClaims = asDicts(pod['volumes']).some((each) => 'persistentVolumeClaim' in each || 'ephemeral' in each)
  const containers = [...asDicts(pod['containers']), ...asDicts(pod['initContainers'])]
  const hasPorts =
    pod['hostNetwork'] === true ||
    containers.some((each) => asDicts(each['ports']).some(({ hostPort = 0 }) => hostPort !== 0))
  return hasClaims || hasPorts || asDicts(pod['resourceClaims']).length > 0
}
