// Deployments, ReplicaSets, StatefulSets, DaemonSets: pods that are kept running.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldNotSupported, fieldRequired } from '@flotilla/machinery/field-error'
import { deepEqual } from '@flotilla/machinery/json'
import { checkDns1123Label } from '@flotilla/machinery/names'
import type { KubeObject } from '@flotilla/machinery/object'
import type { LabelSelectorObject } from '@flotilla/machinery/selector'
import {
  amountOrPercent,
  immutable,
  nonNegative,
  notAbove100Percent,
  selectorMatchesTemplate,
  workloadSelector,
} from './checks.ts'
import type { PodTemplate } from './pod-template.ts'
import { alwaysRestarts, defaultPodTemplate, templateCauses } from './pod-template.ts'
import type { KindRules } from './rules.ts'

type Amount = number | string

interface RollingUpdate {
  readonly maxUnavailable?: Amount
  readonly maxSurge?: Amount
  readonly partition?: number
}

interface WorkloadSpec {
  readonly replicas?: number
  readonly selector?: LabelSelectorObject
  readonly template?: PodTemplate
  readonly minReadySeconds?: number
  readonly progressDeadlineSeconds?: number
  readonly revisionHistoryLimit?: number
  readonly strategy?: { readonly type?: string; readonly rollingUpdate?: RollingUpdate }
  readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: RollingUpdate }
  readonly serviceName?: string
  readonly volumeClaimTemplates?: readonly KubeObject[]
}

type Workload = KubeObject & { readonly spec: WorkloadSpec }

function specOf(object: KubeObject): WorkloadSpec {
  return (object as Workload).spec ?? {}
}

function withSpec(object: KubeObject, spec: Partial<WorkloadSpec>): KubeObject {
  return { ...object, spec: { ...specOf(object), ...spec } }
}

function withDefaultTemplate(object: KubeObject): KubeObject {
  const template = defaultPodTemplate(specOf(object).template)
  return template === undefined ? object : withSpec(object, { template })
}

function selectorAndTemplate(spec: WorkloadSpec, what: string, workload: string): StatusCause[] {
  return [
    ...workloadSelector(spec.selector, what),
    ...selectorMatchesTemplate(spec.selector, spec.template?.metadata?.labels),
    ...templateCauses(spec.template, 'spec.template'),
    ...alwaysRestarts(spec.template, workload),
  ]
}

function selectorIsImmutable(object: KubeObject, before: KubeObject): StatusCause[] {
  return immutable(specOf(object).selector, specOf(before).selector, 'spec.selector')
}

function rollingUpdateCauses(rolling: RollingUpdate, field: string): StatusCause[] {
  const causes = [
    ...amountOrPercent(rolling.maxUnavailable, `${field}.maxUnavailable`),
    ...amountOrPercent(rolling.maxSurge, `${field}.maxSurge`),
  ]
  if (isZero(rolling.maxUnavailable) && isZero(rolling.maxSurge)) {
    const why = 'may not be 0 when `maxSurge` is 0'
    causes.push(fieldInvalid(`${field}.maxUnavailable`, rolling.maxUnavailable, why))
  }
  return [...causes, ...notAbove100Percent(rolling.maxUnavailable, `${field}.maxUnavailable`)]
}

function isZero(amount: Amount | undefined): boolean {
  return amount === undefined || Number.parseInt(String(amount), 10) === 0
}

export const deployments: KindRules = {
  hasGeneration: true,
  defaults(object) {
    const filled = withDefaultTemplate(object)
    const { strategy } = specOf(filled)
    if (strategy?.type !== 'RollingUpdate') return filled
    const rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...strategy.rollingUpdate }
    return withSpec(filled, { strategy: { ...strategy, rollingUpdate } })
  },
  validate(object) {
    const spec = specOf(object)
    const { strategy, minReadySeconds = 0, progressDeadlineSeconds: deadline } = spec
    const causes = [
      ...nonNegative(spec.replicas, 'spec.replicas'),
      ...selectorAndTemplate(spec, 'deployment', 'ReplicaSet'),
    ]
    if (strategy?.type && !strategies.includes(strategy.type)) {
      causes.push(fieldNotSupported('spec.strategy', { Type: strategy.type, RollingUpdate: null }, strategies))
    }
    if (strategy?.type === 'Recreate' && strategy.rollingUpdate) {
      const why = "may not be specified when strategy `type` is 'Recreate'"
      causes.push(fieldForbidden('spec.strategy.rollingUpdate', why))
    }
    if (strategy?.type === 'RollingUpdate' && strategy.rollingUpdate) {
      causes.push(...rollingUpdateCauses(strategy.rollingUpdate, 'spec.strategy.rollingUpdate'))
    }
    causes.push(...nonNegative(minReadySeconds, 'spec.minReadySeconds'))
    causes.push(...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'))
    causes.push(...nonNegative(deadline, 'spec.progressDeadlineSeconds'))
    if (deadline !== undefined && deadline <= minReadySeconds) {
      causes.push(fieldInvalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
    }
    return causes
  },
  validateUpdate: selectorIsImmutable,
  validateStatus: (object) =>
    statusCauses(object, ['updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas']),
}

const strategies = ['Recreate', 'RollingUpdate']

/** Counts of replicas are not negative, and those of a kind of replica not above the count of all. */
function statusCauses(object: KubeObject, parts: readonly string[]): StatusCause[] {
  const status = (object.status ?? {}) as Readonly<Record<string, number | undefined>>
  const all = status['replicas'] ?? 0
  const negative = ['replicas', ...parts].flatMap((name) => nonNegative(status[name], `status.${name}`))
  const limited = parts.filter((name) => name !== 'unavailableReplicas')
  const above = limited.filter((name) => (status[name] ?? 0) > all)
  const why = 'cannot be greater than status.replicas'
  const { readyReplicas = 0, availableReplicas = 0 } = status
  const isTooAvailable = availableReplicas > readyReplicas
  return [
    ...negative,
    ...above.map((name) => fieldInvalid(`status.${name}`, status[name] ?? 0, why)),
    ...(isTooAvailable
      ? [fieldInvalid('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas')]
      : []),
  ]
}

export const replicaSets: KindRules = {
  hasGeneration: true,
  defaults: withDefaultTemplate,
  validate(object) {
    const spec = specOf(object)
    return [
      ...nonNegative(spec.replicas, 'spec.replicas'),
      ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
      ...selectorAndTemplate(spec, 'deployment', 'ReplicaSet'),
    ]
  },
  validateUpdate: selectorIsImmutable,
  selectableFields: {
    'status.replicas': (object) => String((object.status as { replicas?: number } | undefined)?.replicas ?? 0),
  },
}

export const statefulSets: KindRules = {
  hasGeneration: true,
  defaults(object) {
    const filled = withDefaultTemplate(object)
    const { updateStrategy, volumeClaimTemplates } = specOf(filled)
    const isImplied = !updateStrategy?.type
    const type = updateStrategy?.type || 'RollingUpdate'
    const rolling = updateStrategy?.rollingUpdate ?? (isImplied ? {} : undefined)
    const isRolling = type === 'RollingUpdate' && rolling !== undefined
    const rollingUpdate = { partition: 0, ...rolling }
    const strategy = { ...updateStrategy, type, ...(isRolling ? { rollingUpdate } : {}) }
    const claims = volumeClaimTemplates?.map(asClaim)
    return withSpec(filled, { updateStrategy: strategy, ...(claims ? { volumeClaimTemplates: claims } : {}) })
  },
  validate(object) {
    const spec = specOf(object)
    const { updateStrategy, serviceName } = spec
    const claims = new Set((spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name))
    const causes: StatusCause[] = []
    if (updateStrategy?.type === 'OnDelete' && updateStrategy.rollingUpdate) {
      const why = "only allowed for updateStrategy 'RollingUpdate'"
      causes.push(fieldInvalid('spec.updateStrategy.rollingUpdate', updateStrategy.rollingUpdate, why))
    }
    causes.push(...nonNegative(updateStrategy?.rollingUpdate?.partition, 'spec.updateStrategy.rollingUpdate.partition'))
    causes.push(
      ...nonNegative(spec.replicas, 'spec.replicas'),
      ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    )
    if (serviceName) {
      causes.push(...checkDns1123Label(serviceName).map((why) => fieldInvalid('spec.serviceName', serviceName, why)))
    }
    const kept = spec.template?.spec?.volumes?.filter(({ name }) => !claims.has(name ?? '')) ?? []
    const volumes = [...kept, ...[...claims].map((name) => ({ name }))]
    const template = { ...spec.template, spec: { ...spec.template?.spec, volumes } }
    return [...causes, ...selectorAndTemplate({ ...spec, template }, 'statefulset', 'StatefulSet')]
  },
  validateUpdate(object, before) {
    const fixed = (spec: WorkloadSpec) => {
      const { replicas: _1, template: _2, updateStrategy: _3, minReadySeconds: _4, ...rest } = spec
      const {
        ordinals: _5,
        revisionHistoryLimit: _6,
        persistentVolumeClaimRetentionPolicy: _7,
        ...kept
      } = rest as Record<string, unknown>
      return kept
    }
    if (deepEqual(fixed(specOf(object)), fixed(specOf(before)))) return []
    const why =
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
    return [fieldForbidden('spec', why)]
  },
}

function asClaim(claim: KubeObject): KubeObject {
  return { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim', status: { phase: 'Pending' } }
}

export const daemonSets: KindRules = {
  hasGeneration: true,
  defaults(object) {
    // The count itself is the server's; that it is there is the writer's.
    const isCounted = object.metadata.annotations?.[templateGeneration] !== undefined
    const filled = withDefaultTemplate(isCounted ? object : withTemplateGeneration(object, 0))
    const { updateStrategy } = specOf(filled)
    const type = updateStrategy?.type || 'RollingUpdate'
    if (type !== 'RollingUpdate') return filled
    const rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...updateStrategy?.rollingUpdate }
    return withSpec(filled, { updateStrategy: { type, rollingUpdate } })
  },
  prepareForCreate: (object) => withTemplateGeneration(object, 1),
  prepareForUpdate(object, before) {
    const generation = Number(before.metadata.annotations?.[templateGeneration] ?? 1)
    const isSame = deepEqual(specOf(object).template, specOf(before).template)
    return withTemplateGeneration(object, isSame ? generation : generation + 1)
  },
  validate(object) {
    const spec = specOf(object)
    const required = spec.selector === undefined ? [fieldRequired('spec.selector')] : []
    const causes = required.length > 0 ? required : selectorAndTemplate(spec, 'daemonset', 'DaemonSet')
    return [...causes, ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds')]
  },
  validateUpdate: selectorIsImmutable,
}

export const replicationControllers: KindRules = {
  hasGeneration: true,
  orphansByDefault: true,
  defaults(object) {
    const filled = withDefaultTemplate(object)
    const labels = specOf(filled).template?.metadata?.labels
    if (labels === undefined) return filled
    const selector = (specOf(filled).selector ?? labels) as LabelSelectorObject
    const own = Object.keys(filled.metadata.labels ?? {}).length > 0 ? filled.metadata.labels : labels
    return withSpec({ ...filled, metadata: { ...filled.metadata, ...(own ? { labels: own } : {}) } }, { selector })
  },
}

export const podTemplates: KindRules = {
  hasGeneration: true,
  defaults(object) {
    const template = defaultPodTemplate(object.template as PodTemplate | undefined)
    return template === undefined ? object : { ...object, template }
  },
}

const templateGeneration = 'deprecated.daemonset.template.generation'

function withTemplateGeneration(object: KubeObject, generation: number): KubeObject {
  const annotations = { ...object.metadata.annotations, [templateGeneration]: String(generation) }
  return { ...object, metadata: { ...object.metadata, annotations } }
}
