// Defaults that the server always applies when the field's parent is there, which its OpenAPI does not state.
// Source: `SetDefaults_…` in k8s.io/kubernetes/pkg/apis/*/v*/defaults.go; each was seen on the real server.
// Those that depend on other fields are listed in `packages/machinery/src/builtin-kinds.ts`.
import type { Schema } from '../../packages/machinery/src/schema.ts'
import type { SchemaSet } from './schemas.ts'

const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'api.apps.v1.DeploymentSpec': { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 },
  'api.apps.v1.DeploymentStrategy': { type: 'RollingUpdate' },
  'api.apps.v1.DaemonSetSpec': { revisionHistoryLimit: 10 },
  'api.apps.v1.DaemonSetUpdateStrategy': { type: 'RollingUpdate' },
  'api.apps.v1.StatefulSetSpec': {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    persistentVolumeClaimRetentionPolicy: {},
  },
  'api.apps.v1.StatefulSetPersistentVolumeClaimRetentionPolicy': { whenDeleted: 'Retain', whenScaled: 'Retain' },
  'api.apps.v1.ReplicaSetSpec': { replicas: 1 },
  'api.batch.v1.CronJobSpec': {
    concurrencyPolicy: 'Allow',
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  },
  'api.batch.v1.PodFailurePolicyOnPodConditionsPattern': { status: 'True' },
  'api.core.v1.PodSpec': {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    securityContext: {},
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
  },
  'api.core.v1.Container': { terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' },
  'api.core.v1.EphemeralContainer': {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  },
  'api.core.v1.ContainerPort': { protocol: 'TCP' },
  'api.core.v1.Probe': { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 },
  'api.core.v1.HTTPGetAction': { path: '/', scheme: 'HTTP' },
  'api.core.v1.GRPCAction': { service: '' },
  'api.core.v1.ObjectFieldSelector': { apiVersion: 'v1' },
  'api.core.v1.SecretVolumeSource': { defaultMode: 420 },
  'api.core.v1.ConfigMapVolumeSource': { defaultMode: 420 },
  'api.core.v1.DownwardAPIVolumeSource': { defaultMode: 420 },
  'api.core.v1.ProjectedVolumeSource': { defaultMode: 420 },
  'api.core.v1.ServiceAccountTokenProjection': { expirationSeconds: 3600 },
  'api.core.v1.HostPathVolumeSource': { type: '' },
  'api.core.v1.ISCSIVolumeSource': { iscsiInterface: 'default' },
  'api.core.v1.ISCSIPersistentVolumeSource': { iscsiInterface: 'default' },
  'api.core.v1.RBDVolumeSource': { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  'api.core.v1.RBDPersistentVolumeSource': { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  'api.core.v1.ScaleIOVolumeSource': { storageMode: 'ThinProvisioned', fsType: 'xfs' },
  'api.core.v1.ScaleIOPersistentVolumeSource': { storageMode: 'ThinProvisioned', fsType: 'xfs' },
  'api.core.v1.AzureDiskVolumeSource': { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false },
  'api.core.v1.ServiceSpec': { sessionAffinity: 'None', type: 'ClusterIP' },
  'api.core.v1.ServicePort': { protocol: 'TCP' },
  'api.core.v1.Secret': { type: 'Opaque' },
  'api.core.v1.PersistentVolumeSpec': { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem' },
  'api.core.v1.PersistentVolumeStatus': { phase: 'Pending' },
  'api.core.v1.PersistentVolumeClaimSpec': { volumeMode: 'Filesystem' },
  'api.core.v1.PersistentVolumeClaimStatus': { phase: 'Pending' },
  'api.core.v1.NamespaceStatus': { phase: 'Active' },
  'api.core.v1.EndpointPort': { protocol: 'TCP' },
  'api.core.v1.ReplicationControllerSpec': { replicas: 1 },
  'api.autoscaling.v1.HorizontalPodAutoscalerSpec': { minReplicas: 1 },
  'api.autoscaling.v2.HorizontalPodAutoscalerSpec': { minReplicas: 1 },
  'api.admissionregistration.v1.ValidatingWebhook': webhookDefaults(),
  'api.admissionregistration.v1.MutatingWebhook': { ...webhookDefaults(), reinvocationPolicy: 'Never' },
  'api.admissionregistration.v1.RuleWithOperations': { scope: '*' },
  'api.admissionregistration.v1.NamedRuleWithOperations': { scope: '*' },
  'api.admissionregistration.v1.ServiceReference': { port: 443 },
  'api.admissionregistration.v1.ValidatingAdmissionPolicySpec': { failurePolicy: 'Fail' },
  'api.admissionregistration.v1.MutatingAdmissionPolicySpec': { failurePolicy: 'Fail' },
  'api.admissionregistration.v1.MatchResources': {
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
  },
  'api.authentication.v1.TokenRequestSpec': { expirationSeconds: 3600 },
  'api.discovery.v1.EndpointPort': { name: '', protocol: 'TCP' },
  'api.flowcontrol.v1.FlowSchemaSpec': { matchingPrecedence: 1000 },
  'api.flowcontrol.v1.ExemptPriorityLevelConfiguration': { nominalConcurrencyShares: 0, lendablePercent: 0 },
  'api.flowcontrol.v1.LimitedPriorityLevelConfiguration': { nominalConcurrencyShares: 30, lendablePercent: 0 },
  'api.flowcontrol.v1.QueuingConfiguration': { handSize: 8, queues: 64, queueLengthLimit: 50 },
  'api.networking.v1.NetworkPolicyPort': { protocol: 'TCP' },
  'api.networking.v1.IngressClassParametersReference': { scope: 'Cluster' },
  'api.rbac.v1.RoleRef': { apiGroup: 'rbac.authorization.k8s.io' },
  'api.resource.v1.ExactDeviceRequest': { allocationMode: 'ExactCount' },
  'api.resource.v1.DeviceSubRequest': { allocationMode: 'ExactCount' },
  'api.scheduling.v1.PriorityClass': { preemptionPolicy: 'PreemptLowerPriority' },
  'api.storage.v1.StorageClass': { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' },
  'api.storage.v1.CSIDriverSpec': {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    volumeLifecycleModes: ['Persistent'],
    requiresRepublish: false,
    seLinuxMount: false,
  },
  'apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionSpec': {
    conversion: { strategy: 'None' },
  },
  'apiextensions-apiserver.pkg.apis.apiextensions.v1.ServiceReference': { port: 443 },
  'kube-aggregator.pkg.apis.apiregistration.v1.ServiceReference': { port: 443 },
}

/** Zero values that conditional defaults must still be able to tell from a stated value. */
const withoutDefault: readonly (readonly [string, string])[] = [['api.core.v1.ServicePort', 'targetPort']]

function webhookDefaults(): Readonly<Record<string, unknown>> {
  return {
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
  }
}

/** Writes the defaults into `schemas`. Throws for a field that the server no longer has. */
export function stateDefaults(schemas: SchemaSet): void {
  for (const [name, fields] of Object.entries(defaults)) {
    for (const [field, value] of Object.entries(fields))
      change(schemas, name, field, (schema) => ({ ...schema, default: value }))
  }
  for (const [name, field] of withoutDefault) change(schemas, name, field, dropDefault)
}

function dropDefault(schema: Schema): Schema {
  const { default: dropped, ...rest } = schema
  return dropped === undefined ? schema : rest
}

function change(schemas: SchemaSet, shortName: string, field: string, edit: (schema: Schema) => Schema): void {
  const name = `io.k8s.${shortName}`
  const schema = schemas[name]
  const property = schema?.properties?.[field]
  if (!schema || !property)
    throw new Error(`Cannot state the default of ${name}.${field}: the server has no such field`)
  schemas[name] = { ...schema, properties: { ...schema.properties, [field]: edit(property) } }
}
