// Whether somebody else decides an object's replicas on a member. Pure.
import type { KubeObject } from '@flotilla/machinery/object'
import { parseApiVersion } from '@flotilla/machinery/resource'
import { dictAt } from '@flotilla/machinery/untyped'
import type { Row } from '../members/row.ts'
import type { DeliverySettings } from './settings.ts'

const scalingControllers = new Set(['kube-controller-manager', 'horizontal-pod-autoscaler'])

/**
 * True once a scaler owns the field: until then replicas go on being stated, since ceasing earlier would reset them
 * to 1. `hasScaler`: an autoscaler that targets the object is placed on the member.
 */
export function isScaledByOthers(row: Row | undefined, settings: DeliverySettings, hasScaler: boolean): boolean {
  const isAnyones = hasScaler || settings.ignoreFields.includes('spec.replicas')
  return (row?.replicaOwners ?? []).some(
    ({ manager, viaScale }) => isAnyones || viaScale || scalingControllers.has(manager),
  )
}

/** Whether the HorizontalPodAutoscaler `scaler` targets `workload`. */
export function scales(scaler: KubeObject, workload: Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>): boolean {
  const target = dictAt(scaler, 'spec', 'scaleTargetRef')
  const apiVersion = typeof target['apiVersion'] === 'string' ? target['apiVersion'] : ''
  return (
    scaler.metadata.namespace === workload.metadata.namespace &&
    target['kind'] === workload.kind &&
    target['name'] === workload.metadata.name &&
    parseApiVersion(apiVersion).group === parseApiVersion(workload.apiVersion).group
  )
}
