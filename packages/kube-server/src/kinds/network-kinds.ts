// Ingresses, NetworkPolicies, PodDisruptionBudgets and autoscalers.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { matchesFormat } from '@flotilla/machinery/format'
import type { KubeObject } from '@flotilla/machinery/object'
import type { LabelSelectorObject } from '@flotilla/machinery/selector'
import { amountOrPercent, isAddress, portNumber, selectorCauses } from './checks.ts'
import type { KindRules } from './rules.ts'

interface Backend {
  readonly service?: { readonly name?: string; readonly port?: { readonly name?: string; readonly number?: number } }
  readonly resource?: object
}

interface IngressSpec {
  readonly defaultBackend?: Backend
  readonly rules?: readonly {
    readonly host?: string
    readonly http?: {
      readonly paths?: readonly { readonly path?: string; readonly pathType?: string; readonly backend?: Backend }[]
    }
  }[]
}

export const ingresses: KindRules = {
  hasGeneration: true,
  validate(object) {
    const spec = (object.spec ?? {}) as IngressSpec
    const causes: StatusCause[] = []
    if (spec.defaultBackend === undefined && (spec.rules?.length ?? 0) === 0) {
      causes.push(fieldInvalid('spec', null, 'either `defaultBackend` or `rules` must be specified'))
    }
    if (spec.defaultBackend) causes.push(...backendCauses(spec.defaultBackend, 'spec.defaultBackend'))
    for (const [index, { host, http }] of (spec.rules ?? []).entries()) {
      if (host && isAddress(host)) {
        causes.push(fieldInvalid(`spec.rules[${index}].host`, host, 'must be a DNS name, not an IP address'))
      }
      const field = `spec.rules[${index}].http.paths`
      if (http && (http.paths?.length ?? 0) === 0) causes.push(fieldRequired(field))
      for (const [at, path] of (http?.paths ?? []).entries()) {
        if (!path.pathType) {
          causes.push(fieldRequired(`${field}[${at}].pathType`, 'pathType must be specified'))
          continue
        }
        if (path.pathType !== 'ImplementationSpecific' && !path.path?.startsWith('/')) {
          causes.push(fieldInvalid(`${field}[${at}].path`, path.path ?? '', 'must be an absolute path'))
        }
        causes.push(...backendCauses(path.backend ?? {}, `${field}[${at}].backend`))
      }
    }
    return causes
  },
}

function backendCauses({ service, resource }: Backend, field: string): StatusCause[] {
  if (resource) return []
  if (service === undefined) return [fieldInvalid(field, '', 'resource or service backend is required')]
  const causes = service.name ? [] : [fieldRequired(`${field}.service.name`)]
  if (service.port?.name || service.port?.number) return causes
  return [...causes, fieldRequired(`${field}.service.port`, 'port name or number is required')]
}

export const networkPolicies: KindRules = {
  hasGeneration: true,
  defaults(object) {
    const spec = (object.spec ?? {}) as { policyTypes?: readonly string[]; egress?: readonly object[] }
    if (spec.policyTypes?.length) return object
    const policyTypes = ['Ingress', ...(spec.egress?.length ? ['Egress'] : [])]
    return { ...object, spec: { ...spec, policyTypes } }
  },
  validate(object) {
    const { podSelector = {}, ingress = [], egress = [] } = (object.spec ?? {}) as PolicySpec
    return [
      ...selectorCauses(podSelector, 'spec.podSelector'),
      ...ingress.flatMap(({ ports, from }, index) => policyRuleCauses(ports, from, `spec.ingress[${index}]`, 'from')),
      ...egress.flatMap(({ ports, to }, index) => policyRuleCauses(ports, to, `spec.egress[${index}]`, 'to')),
    ]
  },
}

interface PolicySpec {
  readonly podSelector?: LabelSelectorObject
  readonly ingress?: readonly { readonly ports?: readonly PolicyPort[]; readonly from?: readonly PolicyPeer[] }[]
  readonly egress?: readonly { readonly ports?: readonly PolicyPort[]; readonly to?: readonly PolicyPeer[] }[]
}

interface PolicyPort {
  readonly port?: number | string
}

interface PolicyPeer {
  readonly podSelector?: LabelSelectorObject
  readonly namespaceSelector?: LabelSelectorObject
  readonly ipBlock?: { readonly cidr?: string }
}

function policyRuleCauses(
  ports: readonly PolicyPort[] = [],
  peers: readonly PolicyPeer[] = [],
  field: string,
  side: string,
): StatusCause[] {
  const wrongPorts = ports.flatMap(({ port }, index) =>
    typeof port === 'number' ? portNumber(port, `${field}.ports[${index}].port`) : [],
  )
  return [...wrongPorts, ...peers.flatMap((peer, index) => peerCauses(peer, `${field}.${side}[${index}]`))]
}

function peerCauses({ podSelector, namespaceSelector, ipBlock }: PolicyPeer, field: string): StatusCause[] {
  if (ipBlock !== undefined) {
    const { cidr = '' } = ipBlock
    if (cidr === '') return [fieldRequired(`${field}.ipBlock.cidr`)]
    if (matchesFormat('cidr', cidr)) return []
    return [
      fieldInvalid(`${field}.ipBlock.cidr`, cidr, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'),
    ]
  }
  const isEmpty = podSelector === undefined && namespaceSelector === undefined
  return isEmpty ? [fieldRequired(field, 'must specify a peer')] : []
}

interface BudgetSpec {
  readonly minAvailable?: number | string
  readonly maxUnavailable?: number | string
}

export const podDisruptionBudgets: KindRules = {
  hasGeneration: true,
  needsResourceVersion: true,
  validate(object) {
    const spec = (object.spec ?? {}) as BudgetSpec
    const causes: StatusCause[] = []
    if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
      const { minAvailable: MinAvailable, maxUnavailable: MaxUnavailable } = spec
      const shown = { MinAvailable, Selector: null, MaxUnavailable, UnhealthyPodEvictionPolicy: null }
      causes.push(fieldInvalid('spec', shown, 'minAvailable and maxUnavailable cannot be both set'))
    }
    return [
      ...causes,
      ...amountOrPercent(spec.minAvailable, 'spec.minAvailable'),
      ...amountOrPercent(spec.maxUnavailable, 'spec.maxUnavailable'),
    ]
  },
}

interface AutoscalerSpec {
  readonly scaleTargetRef?: { readonly apiVersion?: string; readonly kind?: string; readonly name?: string }
  readonly minReplicas?: number
  readonly maxReplicas?: number
  readonly metrics?: readonly object[]
  readonly behavior?: { readonly scaleUp?: object; readonly scaleDown?: object }
}

const scaleUp = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
}
const scaleDown = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }

export const autoscalers: KindRules = {
  defaults(object) {
    const spec = (object.spec ?? {}) as AutoscalerSpec
    const { behavior } = spec
    const filled = behavior && {
      scaleUp: { ...scaleUp, ...behavior.scaleUp },
      scaleDown: { ...scaleDown, ...behavior.scaleDown },
    }
    const metrics = spec.metrics?.length ? spec.metrics : [cpu]
    return { ...object, spec: { ...spec, metrics, ...(filled ? { behavior: filled } : {}) } }
  },
  validate(object: KubeObject) {
    const { scaleTargetRef, minReplicas, maxReplicas = 0 } = (object.spec ?? {}) as AutoscalerSpec
    const causes: StatusCause[] = []
    if (minReplicas !== undefined && minReplicas < 1) {
      causes.push(fieldInvalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'))
    }
    if (minReplicas === 0) {
      const why = 'must specify at least one Object or External metric to support scaling to zero replicas'
      causes.push(fieldForbidden('spec.metrics', why))
    }
    if (maxReplicas < 1) causes.push(fieldRequired('spec.maxReplicas', 'must be set and greater than 0'))
    if (!scaleTargetRef?.apiVersion?.includes('/')) {
      causes.push(
        fieldInvalid(
          'spec.scaleTargetRef.apiVersion',
          scaleTargetRef?.apiVersion ?? '',
          'apiVersion must specify API group',
        ),
      )
    }
    if (minReplicas !== undefined && maxReplicas < minReplicas) {
      causes.push(fieldInvalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'))
    }
    if (!scaleTargetRef?.kind) causes.push(fieldRequired('spec.scaleTargetRef.kind'))
    if (!scaleTargetRef?.name) causes.push(fieldRequired('spec.scaleTargetRef.name'))
    return causes
  },
}
