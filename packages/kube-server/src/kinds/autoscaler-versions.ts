// HorizontalPodAutoscalers are stored as autoscaling/v2; v1 knows a CPU percentage and keeps the rest in annotations.
import type { KubeObject } from '@flotilla/machinery/object'

interface Metric {
  readonly type?: string
  readonly resource?: {
    readonly name?: string
    readonly target?: { readonly type?: string; readonly averageUtilization?: number }
    readonly current?: { readonly averageUtilization?: number }
  }
}

type Fields = Readonly<Record<string, unknown>>

const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics'
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior'
const currentAnnotation = 'autoscaling.alpha.kubernetes.io/current-metrics'
const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions'

export function convertAutoscaler(object: KubeObject, apiVersion: string): KubeObject {
  return apiVersion === 'autoscaling/v1' ? toV1(object) : toV2(object)
}

function toV2(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: percentage, ...spec } = (object.spec ?? {}) as Fields
  const { currentCPUUtilizationPercentage: current, ...status } = (object.status ?? {}) as Fields
  const annotations = object.metadata.annotations ?? {}
  const others = parsed(annotations[metricsAnnotation]) as readonly Metric[] | undefined
  const behavior = parsed(annotations[behaviorAnnotation])
  const metrics = [...(percentage === undefined ? [] : [cpuMetric('target', percentage)]), ...(others ?? [])]
  const currentMetrics = [
    ...(current === undefined ? [] : [cpuMetric('current', current)]),
    ...((parsed(annotations[currentAnnotation]) as readonly Metric[] | undefined) ?? []),
  ]
  const conditions = parsed(annotations[conditionsAnnotation])
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withoutCarried(object.metadata),
    spec: { ...spec, ...(metrics.length > 0 ? { metrics } : {}), ...(behavior === undefined ? {} : { behavior }) },
    ...(object.status === undefined
      ? {}
      : {
          status: {
            ...status,
            ...(currentMetrics.length > 0 ? { currentMetrics } : {}),
            ...(conditions === undefined ? {} : { conditions }),
          },
        }),
  }
}

function toV1(object: KubeObject): KubeObject {
  const { metrics, behavior, ...spec } = (object.spec ?? {}) as Fields & { readonly metrics?: readonly Metric[] }
  const { currentMetrics, conditions, ...status } = (object.status ?? {}) as Fields & {
    readonly currentMetrics?: readonly Metric[]
  }
  const cpu = metrics?.find((metric) => isCpu(metric) && metric.resource?.target?.averageUtilization !== undefined)
  const currentCpu = currentMetrics?.find((metric) => isCpu(metric))
  const others = metrics?.filter((metric) => metric !== cpu) ?? []
  const percentage = cpu?.resource?.target?.averageUtilization
  const current = currentCpu?.resource?.current?.averageUtilization
  const carried: Record<string, string> = {
    ...(others.length > 0 ? { [metricsAnnotation]: JSON.stringify(others) } : {}),
    ...(behavior === undefined ? {} : { [behaviorAnnotation]: JSON.stringify(behavior) }),
    ...(conditions === undefined ? {} : { [conditionsAnnotation]: JSON.stringify(conditions) }),
  }
  const annotations = { ...object.metadata.annotations, ...carried }
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: { ...object.metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: { ...spec, ...(percentage === undefined ? {} : { targetCPUUtilizationPercentage: percentage }) },
    ...(object.status === undefined
      ? {}
      : {
          status: {
            currentReplicas: 0,
            ...status,
            ...(current === undefined ? {} : { currentCPUUtilizationPercentage: current }),
          },
        }),
  }
}

function isCpu(metric: Metric): boolean {
  return metric.type === 'Resource' && metric.resource?.name === 'cpu'
}

function cpuMetric(field: 'target' | 'current', averageUtilization: unknown): Metric {
  const value = field === 'target' ? { type: 'Utilization', averageUtilization } : { averageUtilization }
  return { type: 'Resource', resource: { name: 'cpu', [field]: value } }
}

function withoutCarried(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const { annotations, ...rest } = metadata
  const carried = new Set([metricsAnnotation, behaviorAnnotation, currentAnnotation, conditionsAnnotation])
  const kept = Object.entries(annotations ?? {}).filter(([name]) => !carried.has(name))
  return kept.length > 0 ? { ...rest, annotations: Object.fromEntries(kept) } : rest
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
