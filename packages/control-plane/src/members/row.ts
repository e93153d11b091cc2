// What is kept of an object on a member: enough to tell whether it is what we state and how well it is.
import {
  appliedAnnotation,
  fieldManager,
  generationAnnotation,
  hubLabel,
  templateAnnotation,
} from '@flotilla/api/group'
import { healthOf, type Health } from '@flotilla/machinery/health'
import { keyOf, type KubeObject, type ManagedFieldsEntry } from '@flotilla/machinery/object'
import { asDicts, dictAt, valueAt, type Dict } from '@flotilla/machinery/untyped'
import { fieldsDigest } from './fields-digest.ts'
import { isWell, judgedBy, type Judged } from './judge-by-rules.ts'
import { noRules, type RuleLookup } from '../interpreter/rule-book.ts'
import { kindIdOf, type KindId } from '../object-id.ts'

/** Somebody else who owns `spec.replicas`. */
export interface ReplicaOwner {
  readonly manager: string
  /** Wrote it through subresource `scale`. */
  readonly viaScale: boolean
}

export interface Row {
  /** As `keyOf` has it. */
  readonly key: string
  readonly uid: string
  readonly resourceVersion: string
  /** Carries the label of this hub (its value). */
  readonly hub: string | undefined
  readonly template: string | undefined
  /** `metadata.generation` of the template that was applied. */
  readonly templateGeneration: number | undefined
  readonly applied: string | undefined
  /** Digest (`fieldsDigest`) of the field set that our manager owns; undefined: nothing. */
  readonly owned: string | undefined
  readonly replicaOwners: readonly ReplicaOwner[]
  /** The member's own controller has seen the object as it is now. */
  readonly isObserved: boolean
  readonly replicas: number | undefined
  readonly readyReplicas: number | undefined
  readonly health: Health
  /** Well, or meant not to run, or what runs of it until its end is ready. */
  readonly isUp: boolean
  /** Run to its end, of kinds that do. */
  readonly isFinished: boolean
  readonly isDeleting: boolean
  /** A controller on the member made it from another object, whose labels it may have copied. */
  readonly isDerived: boolean
  /** What the template's own status is folded from. */
  readonly status: Dict
  /** False: a rule of its kind failed to tell `status`. */
  readonly isStatusKnown: boolean
  /** ms since 1970. */
  readonly observedAt: number
}

/** Whether a controller made it from another object, e.g. an EndpointSlice, which has the labels of its Service. */
export function isDerived({ metadata }: KubeObject): boolean {
  return metadata.ownerReferences?.some(({ controller }) => controller === true) === true
}

/** `rules`: of the kinds that the hub does not know; `cluster`: where the object is. */
export function projectRow(object: KubeObject, now: number, rules: RuleLookup = noRules, cluster = ''): Row {
  const { metadata } = object
  const { labels, annotations, managedFields = [] } = metadata
  const status = dictAt(object, 'status')
  const generation = annotations?.[generationAnnotation]
  const ours = managedFields.find(isOurEntry)
  const known = rules.rulesFor(object)
  const judged = judgedByKind(object, status)
  return {
    key: keyOf(metadata),
    uid: metadata.uid ?? '',
    resourceVersion: metadata.resourceVersion ?? '',
    hub: labels?.[hubLabel],
    template: annotations?.[templateAnnotation],
    templateGeneration: generation === undefined ? undefined : Number(generation),
    applied: annotations?.[appliedAnnotation],
    owned: ours?.fieldsV1 && fieldsDigest(ours.fieldsV1),
    replicaOwners: managedFields.filter(ownsReplicas).map(({ manager, subresource }) => ({
      manager,
      viaScale: subresource === 'scale',
    })),
    isObserved: isObserved(object, status),
    ...(known ? judgedBy(known, object, cluster, judged) : judged),
    isDeleting: metadata.deletionTimestamp !== undefined,
    isDerived: isDerived(object),
    observedAt: now,
  }
}

function judgedByKind(object: KubeObject, status: Dict): Judged {
  const kind = kindIdOf(object)
  const health = healthOf(object)
  const counts = replicasOf(object, status)
  const { replicas = 0, readyReplicas = 0 } = counts
  const runs = kind === 'batch/Job' && replicas > 0 && readyReplicas >= replicas
  return {
    ...counts,
    health,
    isUp: isWell(health) || runs,
    isFinished: isFinished(kind, status),
    status: keptStatus(kind, status),
    isStatusKnown: true,
  }
}

export function isOurEntry(entry: ManagedFieldsEntry): boolean {
  return entry.manager === fieldManager && entry.operation === 'Apply' && !entry.subresource
}

function ownsReplicas(entry: ManagedFieldsEntry): boolean {
  return !isOurEntry(entry) && entry.fieldsV1?.['f:spec']?.['f:replicas'] !== undefined
}

function isObserved({ metadata }: KubeObject, status: Dict): boolean {
  const observed = status['observedGeneration']
  return typeof observed !== 'number' || observed >= (metadata.generation ?? 0)
}

function replicasOf(object: KubeObject, status: Dict): Pick<Row, 'replicas' | 'readyReplicas'> {
  switch (kindIdOf(object)) {
    case 'apps/DaemonSet':
      return { replicas: count(status['currentNumberScheduled']), readyReplicas: count(status['numberReady']) }
    case 'batch/Job':
      return { replicas: count(status['active']), readyReplicas: count(status['ready']) }
    default: {
      const hasReplicas = valueAt(object, 'spec', 'replicas') !== undefined || status['replicas'] !== undefined
      if (!hasReplicas) return { replicas: undefined, readyReplicas: undefined }
      return { replicas: count(status['replicas']), readyReplicas: count(status['readyReplicas']) }
    }
  }
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function isFinished(kind: KindId, status: Dict): boolean {
  if (kind === '/Pod') return status['phase'] === 'Succeeded' || status['phase'] === 'Failed'
  return kind === 'batch/Job' && isFinishedStatus(status)
}

/** Whether the status is that of a Job that has run to its end. */
export function isFinishedStatus(status: unknown): boolean {
  return asDicts(valueAt(status, 'conditions')).some(
    (condition) =>
      (condition['type'] === 'Complete' || condition['type'] === 'Failed') && condition['status'] === 'True',
  )
}

/** Kinds whose status is folded into the template's own. */
const foldedKinds = new Set<KindId>([
  'apps/Deployment',
  'apps/StatefulSet',
  'apps/DaemonSet',
  'apps/ReplicaSet',
  'batch/Job',
  'batch/CronJob',
  '/Service',
  'networking.k8s.io/Ingress',
  '/PersistentVolumeClaim',
  'policy/PodDisruptionBudget',
  'autoscaling/HorizontalPodAutoscaler',
  'apiextensions.k8s.io/CustomResourceDefinition',
])

const nothing: Dict = {}

function keptStatus(kind: KindId, status: Dict): Dict {
  return foldedKinds.has(kind) ? status : nothing
}
