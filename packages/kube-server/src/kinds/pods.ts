// Pods: the phase they begin with, how gently they end, and the little of them that may change.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden } from '@flotilla/machinery/field-error'
import { deepEqual } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Container, PodSpec } from './pod-template.ts'
import { defaultPodSpec, podSpecCauses, requestsFromLimits } from './pod-template.ts'
import { generatedName } from '../operations/metadata.ts'
import { forbidden } from '../operations/refusals.ts'
import type { KindRules, RuleContext } from './rules.ts'

interface PodStatus {
  readonly phase?: string
  readonly podIP?: string
  readonly nominatedNodeName?: string
}

function specOf(pod: KubeObject): PodSpec {
  return (pod.spec ?? {}) as PodSpec
}

function statusOf(pod: KubeObject): PodStatus {
  return (pod.status ?? {}) as PodStatus
}

function defaults(pod: KubeObject): KubeObject {
  const spec = defaultPodSpec(specOf(pod))
  return {
    ...pod,
    spec: {
      enableServiceLinks: true,
      ...spec,
      ...(spec.containers ? { containers: spec.containers.map(requestsFromLimits) } : {}),
      ...(spec.initContainers ? { initContainers: spec.initContainers.map(requestsFromLimits) } : {}),
    },
  }
}

interface AdmittedSpec extends PodSpec {
  readonly serviceAccountName?: string
  readonly automountServiceAccountToken?: boolean
  readonly priorityClassName?: string
  readonly priority?: number
  readonly preemptionPolicy?: string
  readonly tolerations?: readonly Toleration[]
}

interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}

interface PriorityClass extends KubeObject {
  readonly value?: number
  readonly preemptionPolicy?: string
  readonly globalDefault?: boolean
}

/** With what the admission of the real server adds: service account, priority, tolerations of lost nodes. */
function prepareForCreate(pod: KubeObject, context: RuleContext): KubeObject {
  const spec = specOf(pod) as AdmittedSpec
  const account = spec.serviceAccountName || 'default'
  const found = serviceAccount(pod, account, context)
  const added = {
    serviceAccountName: account,
    serviceAccount: account,
    ...priorityOf(pod, spec, context),
    tolerations: withLostNodes(spec.tolerations ?? []),
  }
  const mounted = withToken({ ...spec, ...added }, found, context)
  return { ...pod, spec: mounted, status: { phase: 'Pending', qosClass: qosClassOf(spec) } }
}

interface ServiceAccount extends KubeObject {
  readonly automountServiceAccountToken?: boolean
}

/** Undefined for a namespace's own account that nobody has made yet. */
function serviceAccount(pod: KubeObject, name: string, { store }: RuleContext): ServiceAccount | undefined {
  const { namespace = '', name: podName } = pod.metadata
  const found = store.get(`serviceaccounts/${namespace}/${name}`)?.object
  if (found !== undefined || name === 'default') return found
  const why = `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`
  throw forbidden({ group: '', plural: 'pods' }, podName ?? '', why)
}

const tokenFolder = '/var/run/secrets/kubernetes.io/serviceaccount'

/** With the account's token mounted into each container that has no other volume there. */
function withToken(spec: AdmittedSpec, account: ServiceAccount | undefined, { env }: RuleContext): AdmittedSpec {
  const isWanted = spec.automountServiceAccountToken ?? account?.automountServiceAccountToken ?? true
  const needsToken = ({ volumeMounts = [] }: Container) =>
    !volumeMounts.some(({ mountPath }) => mountPath === tokenFolder)
  const { containers = [], initContainers, volumes = [] } = spec
  if (account === undefined || !isWanted || ![...containers, ...(initContainers ?? [])].some(needsToken)) return spec
  const name = generatedName(env, 'kube-api-access-')
  const mount = { name, readOnly: true, mountPath: tokenFolder }
  const mounted = (one: Container) =>
    needsToken(one) ? { ...one, volumeMounts: [...(one.volumeMounts ?? []), mount] } : one
  return {
    ...spec,
    containers: containers.map(mounted),
    ...(initContainers ? { initContainers: initContainers.map(mounted) } : {}),
    volumes: [...volumes, { name, projected: tokenSources }],
  }
}

const tokenSources = {
  sources: [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ],
  defaultMode: 420,
}

const systemPriorities: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
}

function priorityOf(pod: KubeObject, spec: AdmittedSpec, { store }: RuleContext): Partial<AdmittedSpec> {
  const name = spec.priorityClassName || undefined
  const found = name ? store.get(`priorityclasses.scheduling.k8s.io/${name}`)?.object : defaultClass(store)
  const { value, preemptionPolicy = 'PreemptLowerPriority' } = (found ?? {}) as PriorityClass
  const priority = value ?? (name ? systemPriorities[name] : 0)
  if (priority === undefined) {
    const plural = { group: '', plural: 'pods' }
    throw forbidden(plural, pod.metadata.name, `no PriorityClass with name ${name} was found`)
  }
  const chosen = name ?? found?.metadata.name
  return { priority, preemptionPolicy, ...(chosen ? { priorityClassName: chosen } : {}) }
}

function defaultClass(store: RuleContext['store']): KubeObject | undefined {
  const { items } = store.list({ prefix: 'priorityclasses.scheduling.k8s.io/' })
  return items.find(({ object }) => (object as PriorityClass).globalDefault)?.object
}

function withLostNodes(tolerations: readonly Toleration[]): readonly Toleration[] {
  const missing = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'].filter(
    (key) => !tolerations.some((one) => (!one.key || one.key === key) && (!one.effect || one.effect === 'NoExecute')),
  )
  const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }))
  return [...tolerations, ...added]
}

const counted = ['cpu', 'memory'] as const

function qosClassOf({ containers = [], initContainers = [] }: PodSpec): string {
  const all = [...containers, ...initContainers]
  const isBestEffort = all.every(({ resources }) =>
    counted.every((name) => !resources?.requests?.[name] && !resources?.limits?.[name]),
  )
  if (isBestEffort) return 'BestEffort'
  return all.every(isGuaranteed) ? 'Guaranteed' : 'Burstable'
}

function isGuaranteed({ resources }: Container): boolean {
  return counted.every((name) => {
    const limit = resources?.limits?.[name]
    return limit !== undefined && String(resources?.requests?.[name] ?? limit) === String(limit)
  })
}

/** An image, a deadline, tolerations that are added, a shorter grace: the rest of a pod's spec stays as it was made. */
function validateUpdate(pod: KubeObject, before: KubeObject): readonly StatusCause[] {
  if (deepEqual(fixedPart(specOf(pod)), fixedPart(specOf(before)))) return []
  const why =
    'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'
  return [fieldForbidden('spec', why)]
}

function fixedPart(spec: PodSpec): object {
  const { activeDeadlineSeconds: _1, tolerations: _2, terminationGracePeriodSeconds: _3, nodeName: _4, ...rest } = spec
  return {
    ...rest,
    containers: spec.containers?.map(withoutImage),
    initContainers: spec.initContainers?.map(withoutImage),
  }
}

function withoutImage({ image: _, ...container }: Container): object {
  return container
}

/** Pods that never ran, or have ended, go at once; others wait for their node to say that they stopped. */
function gracePeriod(pod: KubeObject, asked: number | undefined): number {
  const spec = specOf(pod)
  const { phase } = statusOf(pod)
  if (!spec.nodeName || phase === 'Failed' || phase === 'Succeeded') return 0
  const seconds = asked ?? spec.terminationGracePeriodSeconds ?? 30
  return seconds < 0 ? 1 : seconds
}

export const pods: KindRules = {
  hasGeneration: true,
  defaults,
  prepareForCreate,
  validate: (pod) => podSpecCauses(specOf(pod), 'spec'),
  validateUpdate,
  gracePeriod,
  selectableFields: {
    'spec.nodeName': (pod) => specOf(pod).nodeName,
    'spec.restartPolicy': (pod) => specOf(pod).restartPolicy,
    'spec.schedulerName': (pod) => (pod.spec as { schedulerName?: string } | undefined)?.schedulerName,
    'spec.serviceAccountName': (pod) => (pod.spec as { serviceAccountName?: string } | undefined)?.serviceAccountName,
    'spec.hostNetwork': (pod) => String(specOf(pod).hostNetwork ?? false),
    'status.phase': (pod) => statusOf(pod).phase,
    'status.podIP': (pod) => statusOf(pod).podIP,
    'status.nominatedNodeName': (pod) => statusOf(pod).nominatedNodeName,
  },
}
