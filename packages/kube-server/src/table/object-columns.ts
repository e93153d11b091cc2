// Columns of the kinds that configure, connect, store and permit.
import type { KubeObject } from '@flotilla/machinery/object'
import {
  ageColumn,
  ageOf,
  at,
  integer,
  listAt,
  nameColumn,
  numberAt,
  sizeAt,
  text,
  textAt,
  type Column,
} from './column.ts'
import { showLabels, showSelector } from './show-selector.ts'

const none = (value: string) => (value === '' ? '<none>' : value)
const joined = (values: readonly unknown[], separator = ',') => none(values.map(String).join(separator))
const field = (name: string, ...path: string[]) => text(name, (object) => textAt(object, ...path))
const wide = (name: string, cell: Column['cell']) => text(name, cell, 1)
const flag = (name: string, ...path: string[]): Column => ({
  name,
  type: 'boolean',
  cell: (one) => at(one, ...path) === true,
})
const unset = (value: string) => (value === '' ? '<unset>' : value)

const created: Column = {
  name: 'Created At',
  type: 'date',
  cell: ({ metadata }) => metadata.creationTimestamp ?? '<unknown>',
}

const services: readonly Column[] = [
  nameColumn,
  field('Type', 'spec', 'type'),
  text('Cluster-IP', (one) => none(textAt(one, 'spec', 'clusterIPs', 0) || textAt(one, 'spec', 'clusterIP'))),
  text('External-IP', externalIps),
  text('Port(s)', (one) => joined(listAt(one, 'spec', 'ports').map(portOf))),
  ageColumn,
  wide('Selector', (one) => showLabels(at(one, 'spec', 'selector'))),
]

function portOf(port: unknown): string {
  const node = numberAt(port, 'nodePort')
  const own = textAt(port, 'port')
  return `${own}${node === 0 ? '' : `:${node}`}/${textAt(port, 'protocol') || 'TCP'}`
}

function externalIps(service: KubeObject): string {
  const type = textAt(service, 'spec', 'type')
  if (type === 'ExternalName') return textAt(service, 'spec', 'externalName')
  const stated = listAt(service, 'spec', 'externalIPs')
  if (type !== 'LoadBalancer') return joined(stated)
  const ingress = listAt(service, 'status', 'loadBalancer', 'ingress').map(
    (one) => textAt(one, 'ip') || textAt(one, 'hostname'),
  )
  const all = [...ingress, ...stated]
  return all.length === 0 ? '<pending>' : joined(all)
}

const ingresses: readonly Column[] = [
  nameColumn,
  text('Class', (one) => none(textAt(one, 'spec', 'ingressClassName'))),
  text('Hosts', (one) => {
    const hosts = listAt(one, 'spec', 'rules')
      .map((rule) => textAt(rule, 'host'))
      .filter((host) => host !== '')
    return hosts.length === 0 ? '*' : hosts.join(',')
  }),
  text('Address', (one) =>
    listAt(one, 'status', 'loadBalancer', 'ingress')
      .map((entry) => textAt(entry, 'ip') || textAt(entry, 'hostname'))
      .join(','),
  ),
  text('Ports', (one) => (listAt(one, 'spec', 'tls').length > 0 ? '80, 443' : '80')),
  ageColumn,
]

const nodes: readonly Column[] = [
  nameColumn,
  text('Status', nodeStatus),
  text('Roles', nodeRoles),
  ageColumn,
  field('Version', 'status', 'nodeInfo', 'kubeletVersion'),
  wide('Internal-IP', (node) => addressOf(node, 'InternalIP')),
  wide('External-IP', (node) => addressOf(node, 'ExternalIP')),
  wide('OS-Image', (node) => textAt(node, 'status', 'nodeInfo', 'osImage') || '<unknown>'),
  wide('Kernel-Version', (node) => textAt(node, 'status', 'nodeInfo', 'kernelVersion') || '<unknown>'),
  wide('Container-Runtime', (node) => textAt(node, 'status', 'nodeInfo', 'containerRuntimeVersion') || '<unknown>'),
]

function nodeStatus(node: KubeObject): string {
  const ready = listAt(node, 'status', 'conditions').find((one) => at(one, 'type') === 'Ready')
  const state = ready === undefined ? 'Unknown' : at(ready, 'status') === 'True' ? 'Ready' : 'NotReady'
  return at(node, 'spec', 'unschedulable') === true ? `${state},SchedulingDisabled` : state
}

function nodeRoles({ metadata }: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/'
  const roles = Object.entries(metadata.labels ?? {}).flatMap(([key, value]) => {
    if (key.startsWith(prefix)) return [key.slice(prefix.length)]
    return key === 'kubernetes.io/role' ? [value] : []
  })
  return joined(roles.filter((role) => role !== '').toSorted())
}

function addressOf(node: KubeObject, type: string): string {
  return none(
    textAt(
      listAt(node, 'status', 'addresses').find((one) => at(one, 'type') === type),
      'address',
    ),
  )
}

const accessModes = (object: unknown, ...path: string[]) => {
  const short: Readonly<Record<string, string>> = {
    ReadWriteOnce: 'RWO',
    ReadOnlyMany: 'ROX',
    ReadWriteMany: 'RWX',
    ReadWriteOncePod: 'RWOP',
  }
  return listAt(object, ...path)
    .map((mode) => short[String(mode)] ?? String(mode))
    .join(',')
}

const claims: readonly Column[] = [
  nameColumn,
  text('Status', (one) =>
    one.metadata.deletionTimestamp === undefined ? textAt(one, 'status', 'phase') : 'Terminating',
  ),
  field('Volume', 'spec', 'volumeName'),
  text('Capacity', (one) =>
    textAt(one, 'spec', 'volumeName') === '' ? '' : textAt(one, 'status', 'capacity', 'storage'),
  ),
  text('Access Modes', (one) =>
    textAt(one, 'spec', 'volumeName') === '' ? '' : accessModes(one, 'status', 'accessModes'),
  ),
  field('StorageClass', 'spec', 'storageClassName'),
  text('VolumeAttributesClass', (one) => unset(textAt(one, 'spec', 'volumeAttributesClassName'))),
  ageColumn,
  wide('VolumeMode', (one) => textAt(one, 'spec', 'volumeMode') || '<unset>'),
]

const volumes: readonly Column[] = [
  nameColumn,
  field('Capacity', 'spec', 'capacity', 'storage'),
  text('Access Modes', (one) => accessModes(one, 'spec', 'accessModes')),
  field('Reclaim Policy', 'spec', 'persistentVolumeReclaimPolicy'),
  text('Status', (one) =>
    one.metadata.deletionTimestamp === undefined ? textAt(one, 'status', 'phase') : 'Terminating',
  ),
  text('Claim', (one) =>
    at(one, 'spec', 'claimRef') === undefined
      ? ''
      : `${textAt(one, 'spec', 'claimRef', 'namespace')}/${textAt(one, 'spec', 'claimRef', 'name')}`,
  ),
  field('StorageClass', 'spec', 'storageClassName'),
  text('VolumeAttributesClass', (one) => unset(textAt(one, 'spec', 'volumeAttributesClassName'))),
  field('Reason', 'status', 'reason'),
  ageColumn,
  wide('VolumeMode', (one) => textAt(one, 'spec', 'volumeMode') || '<unset>'),
]

const events: readonly Column[] = [
  text('Last Seen', (one, { now }) =>
    ageOf(
      at(one, 'series', 'lastObservedTime') ??
        at(one, 'lastTimestamp') ??
        at(one, 'deprecatedLastTimestamp') ??
        at(one, 'firstTimestamp') ??
        at(one, 'deprecatedFirstTimestamp') ??
        at(one, 'eventTime'),
      now,
    ),
  ),
  field('Type', 'type'),
  field('Reason', 'reason'),
  text('Object', (one) => eventObject(at(one, 'involvedObject') ?? at(one, 'regarding'))),
  wide('Subobject', (one) => textAt(at(one, 'involvedObject') ?? at(one, 'regarding'), 'fieldPath')),
  wide(
    'Source',
    (one) =>
      textAt(one, 'reportingComponent') ||
      textAt(one, 'reportingController') ||
      [textAt(one, 'source', 'component'), textAt(one, 'source', 'host')].filter((part) => part !== '').join(', '),
  ),
  text('Message', (one) => (textAt(one, 'message') || textAt(one, 'note')).trim()),
  wide('First Seen', (one, { now }) =>
    ageOf(at(one, 'firstTimestamp') ?? at(one, 'deprecatedFirstTimestamp') ?? at(one, 'eventTime'), now),
  ),
  {
    ...integer(
      'Count',
      (one) => numberAt(one, 'series', 'count') || numberAt(one, 'count') || numberAt(one, 'deprecatedCount') || 1,
      1,
    ),
    type: 'string',
  },
  { ...nameColumn, priority: 1 },
]

function eventObject(reference: unknown): string {
  const kind = textAt(reference, 'kind').toLowerCase()
  const name = textAt(reference, 'name')
  return name === '' ? kind : `${kind}/${name}`
}

const autoscalers: readonly Column[] = [
  nameColumn,
  text(
    'Reference',
    (one) => `${textAt(one, 'spec', 'scaleTargetRef', 'kind')}/${textAt(one, 'spec', 'scaleTargetRef', 'name')}`,
  ),
  text('Targets', targetsOf),
  text('MinPods', (one) =>
    at(one, 'spec', 'minReplicas') === undefined ? '<unset>' : textAt(one, 'spec', 'minReplicas'),
  ),
  text('MaxPods', (one) => numberAt(one, 'spec', 'maxReplicas')),
  text('Replicas', (one) => numberAt(one, 'status', 'currentReplicas')),
  ageColumn,
]

function targetsOf(one: KubeObject): string {
  const stated = at(one, 'spec', 'targetCPUUtilizationPercentage')
  if (stated !== undefined)
    return `cpu: ${textAt(one, 'status', 'currentCPUUtilizationPercentage') || '<unknown>'}/${String(stated)}%`
  return joined(
    listAt(one, 'spec', 'metrics').map((metric, index) => targetOf(metric, at(one, 'status', 'currentMetrics', index))),
    ', ',
  )
}

function targetOf(metric: unknown, current: unknown): string {
  const [key = ''] = Object.keys((metric ?? {}) as object).filter((name) => name !== 'type')
  const source = at(metric, key)
  const target = at(source, 'target')
  const name = key === 'resource' || key === 'containerResource' ? `${textAt(source, 'name')}: ` : ''
  const now = at(current, key, 'current')
  const percent = at(target, 'averageUtilization')
  if (percent !== undefined) {
    const seen = at(now, 'averageUtilization')
    return `${name}${seen === undefined ? '<unknown>' : `${String(seen)}%`}/${String(percent)}%`
  }
  const average = textAt(target, 'averageValue')
  const value = average === '' ? textAt(target, 'value') : average
  const seen = textAt(now, average === '' ? 'value' : 'averageValue') || '<unknown>'
  return `${name}${seen}/${value}${average === '' || name !== '' ? '' : ' (avg)'}`
}

const budgets: readonly Column[] = [
  nameColumn,
  text('Min Available', (one) => textAt(one, 'spec', 'minAvailable') || 'N/A'),
  text('Max Unavailable', (one) => textAt(one, 'spec', 'maxUnavailable') || 'N/A'),
  integer('Allowed Disruptions', (one) => numberAt(one, 'status', 'disruptionsAllowed')),
  ageColumn,
]

const subjectsOf = (kind: string) =>
  wide(kind === 'ServiceAccount' ? 'ServiceAccounts' : `${kind}s`, (one) =>
    listAt(one, 'subjects')
      .filter((subject) => at(subject, 'kind') === kind)
      .map((subject) => (kind === 'ServiceAccount' ? `${textAt(subject, 'namespace')}/` : '') + textAt(subject, 'name'))
      .join(', '),
  )

const bindings: readonly Column[] = [
  nameColumn,
  text('Role', (one) => `${textAt(one, 'roleRef', 'kind')}/${textAt(one, 'roleRef', 'name')}`),
  ageColumn,
  subjectsOf('User'),
  subjectsOf('Group'),
  subjectsOf('ServiceAccount'),
]

const endpoints: readonly Column[] = [
  nameColumn,
  text('Endpoints', (one) => {
    const all = listAt(one, 'subsets').flatMap((subset) => {
      const addresses = listAt(subset, 'addresses').map((address) => textAt(address, 'ip'))
      const ports = listAt(subset, 'ports').map((port) => textAt(port, 'port'))
      return ports.length === 0 ? addresses : ports.flatMap((port) => addresses.map((address) => `${address}:${port}`))
    })
    return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : joined(all)
  }),
  ageColumn,
]

const slices: readonly Column[] = [
  nameColumn,
  field('AddressType', 'addressType'),
  text('Ports', (one) =>
    listAt(one, 'ports').length === 0
      ? '<unset>'
      : listAt(one, 'ports')
          .map((port) => textAt(port, 'port') || '*')
          .join(','),
  ),
  text('Endpoints', (one) => {
    const all = listAt(one, 'endpoints').flatMap((entry) => listAt(entry, 'addresses'))
    if (all.length === 0) return '<unset>'
    return all.length > 3 ? `${all.slice(0, 3).join(',')} + ${all.length - 3} more...` : all.join(',')
  }),
  ageColumn,
]

const storageClasses: readonly Column[] = [
  {
    ...nameColumn,
    cell: ({ metadata }) =>
      metadata.name +
      (metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true' ? ' (default)' : ''),
  },
  field('Provisioner', 'provisioner'),
  text('ReclaimPolicy', (one) => textAt(one, 'reclaimPolicy') || 'Delete'),
  text('VolumeBindingMode', (one) => textAt(one, 'volumeBindingMode') || 'Immediate'),
  text('AllowVolumeExpansion', (one) => at(one, 'allowVolumeExpansion') === true),
  ageColumn,
]

const quotas: readonly Column[] = [
  nameColumn,
  text('Request', (one) => usesOf(one, (name) => !name.startsWith('limits.'))),
  text('Limit', (one) => usesOf(one, (name) => name.startsWith('limits.'))),
  ageColumn,
]

/** `pods: 1/10, …` of the resources of a quota, in the order of their names. */
function usesOf(quota: KubeObject, isShown: (name: string) => boolean): string {
  const hard = (at(quota, 'status', 'hard') ?? {}) as Readonly<Record<string, unknown>>
  const names = Object.keys(hard).filter(isShown).toSorted()
  return names
    .map((name) => `${name}: ${textAt(quota, 'status', 'used', name) || '0'}/${String(hard[name])}`)
    .join(', ')
}

const drivers: readonly Column[] = [
  nameColumn,
  { ...flag('AttachRequired'), cell: (one) => at(one, 'spec', 'attachRequired') !== false },
  flag('PodInfoOnMount', 'spec', 'podInfoOnMount'),
  flag('StorageCapacity', 'spec', 'storageCapacity'),
  text('TokenRequests', (one) =>
    unset(
      listAt(one, 'spec', 'tokenRequests')
        .map((request) => textAt(request, 'audience'))
        .join(','),
    ),
  ),
  flag('RequiresRepublish', 'spec', 'requiresRepublish'),
  text('Modes', (one) => listAt(one, 'spec', 'volumeLifecycleModes').map(String).join(',') || '<none>'),
  ageColumn,
]

const templates: readonly Column[] = [
  nameColumn,
  text('Containers', (one) =>
    listAt(one, 'template', 'spec', 'containers')
      .map((container) => textAt(container, 'name'))
      .join(','),
  ),
  text('Images', (one) =>
    listAt(one, 'template', 'spec', 'containers')
      .map((container) => textAt(container, 'image'))
      .join(','),
  ),
  text('Pod Labels', (one) => showLabels(at(one, 'template', 'metadata', 'labels'))),
]

export const objectColumns: Readonly<Record<string, readonly Column[]>> = {
  namespaces: [nameColumn, field('Status', 'status', 'phase'), ageColumn],
  nodes,
  services,
  endpoints,
  'endpointslices.discovery.k8s.io': slices,
  configmaps: [nameColumn, text('Data', (one) => sizeAt(one, 'data') + sizeAt(one, 'binaryData')), ageColumn],
  secrets: [nameColumn, field('Type', 'type'), text('Data', (one) => sizeAt(one, 'data')), ageColumn],
  serviceaccounts: [nameColumn, ageColumn],
  resourcequotas: quotas,
  podtemplates: templates,
  'csidrivers.storage.k8s.io': drivers,
  events,
  'events.events.k8s.io': events,
  persistentvolumeclaims: claims,
  persistentvolumes: volumes,
  'ingresses.networking.k8s.io': ingresses,
  'ingressclasses.networking.k8s.io': [
    nameColumn,
    field('Controller', 'spec', 'controller'),
    text('Parameters', (one) =>
      none(
        ['kind', 'name']
          .map((part) => textAt(one, 'spec', 'parameters', part))
          .filter((part) => part !== '')
          .join('/'),
      ),
    ),
    ageColumn,
  ],
  'networkpolicies.networking.k8s.io': [
    nameColumn,
    text('Pod-Selector', (one) => showSelector(at(one, 'spec', 'podSelector'))),
    ageColumn,
  ],
  'horizontalpodautoscalers.autoscaling': autoscalers,
  'poddisruptionbudgets.policy': budgets,
  'roles.rbac.authorization.k8s.io': [nameColumn, created],
  'clusterroles.rbac.authorization.k8s.io': [nameColumn, created],
  limitranges: [nameColumn, created],
  'rolebindings.rbac.authorization.k8s.io': bindings,
  'clusterrolebindings.rbac.authorization.k8s.io': bindings,
  'customresourcedefinitions.apiextensions.k8s.io': [nameColumn, created],
  'leases.coordination.k8s.io': [nameColumn, field('Holder', 'spec', 'holderIdentity'), ageColumn],
  'storageclasses.storage.k8s.io': storageClasses,
  'priorityclasses.scheduling.k8s.io': [
    nameColumn,
    integer('Value', (one) => numberAt(one, 'value')),
    flag('Global-Default', 'globalDefault'),
    ageColumn,
    field('PreemptionPolicy', 'preemptionPolicy'),
  ],
  'runtimeclasses.node.k8s.io': [nameColumn, field('Handler', 'handler'), ageColumn],
}
