// Namespaces, nodes and the volumes that outlive pods.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { deepEqual } from '@flotilla/machinery/json'
import { checkDns1123Label } from '@flotilla/machinery/names'
import type { KubeObject } from '@flotilla/machinery/object'
import { immutable } from './checks.ts'
import type { KindRules } from './rules.ts'

type Fields = Readonly<Record<string, unknown>>

const nameLabel = 'kubernetes.io/metadata.name'

export const namespaces: KindRules = {
  checkName: checkDns1123Label,
  defaults(object) {
    const { name, labels } = object.metadata
    if (!name || labels?.[nameLabel] === name) return object
    return { ...object, metadata: { ...object.metadata, labels: { ...labels, [nameLabel]: name } } }
  },
  prepareForCreate(object) {
    const finalizers = (object.spec as { finalizers?: readonly string[] } | undefined)?.finalizers ?? []
    const all = finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes']
    const { name, labels } = object.metadata
    const metadata = { ...object.metadata, labels: { ...labels, [nameLabel]: name } }
    return { ...object, metadata, spec: { ...(object.spec as Fields), finalizers: all }, status: { phase: 'Active' } }
  },
  /** Finalizers change through the subresource `finalize` only. */
  prepareForUpdate: (object, before) => ({ ...object, spec: before.spec }),
  beforeDelete: (object) => ({ ...object, status: { ...(object.status as Fields), phase: 'Terminating' } }),
  selectableFields: { 'status.phase': (object) => (object.status as { phase?: string } | undefined)?.phase },
}

/** A new node takes no pods until somebody has seen it ready: upstream's node controller, or the simulator's. */
const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' } as const

export const nodes: KindRules = {
  keepsStatusOnCreate: true,
  prepareForCreate(object) {
    const spec = (object.spec ?? {}) as { taints?: readonly { key?: string; effect?: string }[] }
    const { taints = [] } = spec
    if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) return object
    return { ...object, spec: { ...spec, taints: [...taints, notReady] } }
  },
  defaults(object) {
    const status = object.status as { capacity?: Fields; allocatable?: Fields } | undefined
    if (status?.capacity === undefined || status.allocatable !== undefined) return object
    return { ...object, status: { ...status, allocatable: status.capacity } }
  },
  selectableFields: {
    'spec.unschedulable': (object) =>
      String((object.spec as { unschedulable?: boolean } | undefined)?.unschedulable ?? false),
  },
}

/** Finalizers that hold what is in use; `housekeeping/volume-protection.ts` takes them off. */
export const claimProtection = 'kubernetes.io/pvc-protection'
export const volumeProtection = 'kubernetes.io/pv-protection'

function withFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers = [] } = object.metadata
  if (finalizers.includes(finalizer)) return object
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } }
}

interface ClaimSpec {
  readonly accessModes?: readonly string[]
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> }
  readonly volumeName?: string
  readonly volumeAttributesClassName?: string
}

export const persistentVolumeClaims: KindRules = {
  prepareForCreate: (object) => ({ ...withFinalizer(object, claimProtection), status: { phase: 'Pending' } }),
  validate(object) {
    const spec = (object.spec ?? {}) as ClaimSpec
    const causes: StatusCause[] = []
    if ((spec.accessModes?.length ?? 0) === 0) {
      causes.push(fieldRequired('spec.accessModes', 'at least 1 access mode is required'))
    }
    if (!spec.resources?.requests?.storage) causes.push(fieldRequired('spec.resources[storage]'))
    return causes
  },
  validateUpdate(object, before) {
    const isBound = (before.status as { phase?: string } | undefined)?.phase === 'Bound'
    if (deepEqual(fixedClaim(object, before, isBound), fixedClaim(before, before, isBound))) return []
    const why =
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
    return [fieldForbidden('spec', why)]
  },
}

function fixedClaim(object: KubeObject, before: KubeObject, isBound: boolean): object {
  const { volumeName, resources, volumeAttributesClassName, ...rest } = (object.spec ?? {}) as ClaimSpec
  const wasUnbound = !(before.spec as ClaimSpec | undefined)?.volumeName
  const sized = isBound ? {} : { resources, volumeAttributesClassName }
  return { ...rest, ...sized, ...(wasUnbound ? {} : { volumeName }) }
}

export const persistentVolumes: KindRules = {
  prepareForCreate: (object, { now }) => ({
    ...withFinalizer(object, volumeProtection),
    status: { phase: 'Pending', lastPhaseTransitionTime: now },
  }),
  validate(object) {
    const spec = (object.spec ?? {}) as { accessModes?: readonly string[]; capacity?: Fields }
    return [
      ...(spec.accessModes?.length ? [] : [fieldRequired('spec.accessModes')]),
      ...(Object.keys(spec.capacity ?? {}).length > 0 ? [] : [fieldRequired('spec.capacity')]),
    ]
  },
}

export const storageClasses: KindRules = {
  validate: ({ provisioner }) => (provisioner ? [] : [fieldRequired('provisioner')]),
  validateUpdate: (object, before) => [
    ...forbidChange(object, before, 'parameters', 'updates to parameters are forbidden.'),
    ...forbidChange(object, before, 'provisioner', 'updates to provisioner are forbidden.'),
    ...forbidChange(object, before, 'reclaimPolicy', 'updates to reclaimPolicy are forbidden.'),
    ...immutable(object.volumeBindingMode, before.volumeBindingMode, 'volumeBindingMode'),
  ],
}

export const priorityClasses: KindRules = {
  hasGeneration: true,
  validate(object) {
    const value = object.value as number | undefined
    const { name } = object.metadata
    if (name?.startsWith('system-')) {
      return [
        fieldForbidden('metadata.name', "priority class names with 'system-' prefix are reserved for system use only"),
      ]
    }
    if ((value ?? 0) <= 1_000_000_000) return []
    return [fieldForbidden('value', 'maximum allowed value of a user defined priority is 1000000000')]
  },
  validateUpdate: (object, before) => [
    ...immutable(object.value, before.value, 'value').map(() =>
      fieldForbidden('value', 'may not be changed in an update.'),
    ),
    ...immutable(object.preemptionPolicy, before.preemptionPolicy, 'preemptionPolicy'),
  ],
}

function forbidChange(object: KubeObject, before: KubeObject, field: string, why: string): StatusCause[] {
  return deepEqual(object[field], before[field]) ? [] : [fieldForbidden(field, why)]
}

export const leases: KindRules = {
  createsOnUpdate: true,
  needsResourceVersion: true,
  validate(object) {
    const { leaseDurationSeconds, leaseTransitions } = (object.spec ?? {}) as {
      leaseDurationSeconds?: number
      leaseTransitions?: number
    }
    const causes: StatusCause[] = []
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
      causes.push(fieldInvalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'))
    }
    if (leaseTransitions !== undefined && leaseTransitions < 0) {
      causes.push(fieldInvalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'))
    }
    return causes
  },
}
