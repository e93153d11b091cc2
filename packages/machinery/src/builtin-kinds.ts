// The kinds that every Kubernetes API server has, as data: resources, schemas and defaults, made from a real
// kube-apiserver by `tools/generate-builtin-kinds.ts`.
//
// `required` of a built-in schema says that Go always encodes the field, not that the server refuses an object
// without it. A `default` of null, '', 0, '0' or {} is what Go encodes for a field that was not given; a null counts
// as not given when it is read. The other defaults are always applied. These depend on more than the field's parent,
// and are therefore not in the schemas:
//   Pod                 enableServiceLinks true (only of a Pod, not of a pod template); a container's requests from
//                       its limits; with hostNetwork, ports' hostPort from containerPort; pod-level requests and
//                       hugepage limits from the containers' once pod-level resources are partly given
//   Container           imagePullPolicy: Always when the image has the tag latest, or neither tag nor digest; else
//                       IfNotPresent. The same for the pullPolicy of an image volume
//   Volume              emptyDir {} when no source is given
//   resource lists      values are rounded up to thousandths
//   Deployment          strategy.rollingUpdate {maxUnavailable 25%, maxSurge 25%} when strategy.type is RollingUpdate
//   DaemonSet           updateStrategy.rollingUpdate {maxUnavailable 1, maxSurge 0} when the type is RollingUpdate
//   StatefulSet         updateStrategy: type RollingUpdate, and then rollingUpdate {}; a rollingUpdate that is there
//                       with that type gets partition 0 and maxUnavailable 1. Its volumeClaimTemplates are claims of
//                       apiVersion v1 and kind PersistentVolumeClaim with status.phase Pending
//   ReplicaSet, Deployment, StatefulSet, DaemonSet of apps/v1 take no labels or selector from their template
//   ReplicationController  selector and labels from the template's labels when not given
//   Job                 (not a CronJob's jobTemplate) completions 1 and parallelism 1 when neither is given, else
//                       parallelism 1; backoffLimit 6, or 2147483647 with backoffLimitPerIndex; labels from the
//                       template's when it has none; completionMode NonIndexed, suspend false, manualSelector false;
//                       podReplacementPolicy Failed with a podFailurePolicy, else TerminatingOrFailed
//   Service             sessionAffinityConfig dropped for None, clientIP.timeoutSeconds 10800 for ClientIP; targetPort
//                       from port when 0 or ''; externalTrafficPolicy Cluster for NodePort, LoadBalancer or with
//                       externalIPs; internalTrafficPolicy Cluster unless ExternalName; allocateLoadBalancerNodePorts
//                       true and status.loadBalancer.ingress[].ipMode VIP for LoadBalancer; clusterIPs, ipFamilies
//                       and ipFamilyPolicy when an address is allocated
//   Namespace           label kubernetes.io/metadata.name; spec.finalizers [kubernetes]
//   Node                status.allocatable from capacity
//   LimitRange item     of type Container: default from max, then defaultRequest from default, then from min
//   ConfigMap, Secret   no data is shown for none; stringData moves into data
//   HorizontalPodAutoscaler v2  metrics: cpu at 80 % of requests when none; with behavior, scaleUp {0 s, Max, 4 pods or
//                       100 % per 15 s} and scaleDown {Max, 100 % per 15 s} completed
//   NetworkPolicy       policyTypes [Ingress], and Egress when there are egress rules
//   rbac Subject        apiGroup rbac.authorization.k8s.io of a User or Group, '' of a ServiceAccount
//   resource.k8s.io     count 1 with ExactCount; a taint's timeAdded is now; allocationMultiplier '1'
//   PriorityLevelConfiguration  see its two halves' defaults; limitResponse.queuing only with type Queue
//   CustomResourceDefinition  names.singular and listKind from kind; status.storedVersions from the storage version
import type { Resource } from './resource.ts'
import type { KindSchema, Schema } from './schema.ts'
import resourceFile from './builtin/resources.json' with { type: 'json' }
import schemaFile from './builtin/schemas.json' with { type: 'json' }

export interface BuiltinSubresource {
  /** `status`, `scale`, `eviction` … */
  readonly name: string
  /** Of what is sent and answered, e.g. `autoscaling` of a Deployment's scale. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly verbs: readonly string[]
}

export interface BuiltinResource extends Resource {
  readonly singular: string
  /** '' where there is no list: reviews. */
  readonly listKind: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly verbs: readonly string[]
  readonly subresources: readonly BuiltinSubresource[]
  /** OpenAPI name of the schema, e.g. `io.k8s.api.apps.v1.Deployment`. */
  readonly schema: string
  /** As legacy discovery shows it; absent for what is not stored. */
  readonly storageVersionHash?: string
}

export interface BuiltinGroup {
  /** '' for the core group. */
  readonly name: string
  /** Preferred first. */
  readonly versions: readonly string[]
}

/** Of every built-in kind and type, by OpenAPI name. References: `#/components/schemas/NAME`. */
export const builtinSchemas: Readonly<Record<string, Schema>> = schemaFile as unknown as Readonly<
  Record<string, Schema>
>

const refPrefix = '#/components/schemas/'

/** In the order of the real server's discovery: groups by precedence, versions preferred first. */
export function builtinResources(): readonly BuiltinResource[] {
  return resourceFile.resources
}

/** Groups in the order of the real server's discovery. */
export function builtinGroups(): readonly BuiltinGroup[] {
  return resourceFile.groups
}

/** Throws for a name that is no built-in schema. */
export function builtinKindSchema(schemaName: string): KindSchema {
  const root = builtinSchemas[schemaName]
  if (!root) throw new Error(`Cannot find the built-in schema ${schemaName}`)
  return { root, resolve: resolveBuiltin }
}

function resolveBuiltin(ref: string): Schema | undefined {
  return ref.startsWith(refPrefix) ? builtinSchemas[ref.slice(refPrefix.length)] : undefined
}
