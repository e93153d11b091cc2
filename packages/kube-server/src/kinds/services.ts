// Services: addresses and node ports that the server gives, and defaults that hang on the type.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldDuplicate, fieldInvalid, fieldRequired, invalidObject } from '@flotilla/machinery/field-error'
import { checkDns1123Label } from '@flotilla/machinery/names'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Addresses } from './addresses.ts'
import { addressesOf, isInRange } from './addresses.ts'
import { immutable, isAddress, portNumber } from './checks.ts'
import type { KindRules, RuleContext } from './rules.ts'

interface ServicePort {
  readonly name?: string
  readonly port?: number
  readonly protocol?: string
  readonly targetPort?: number | string
  readonly nodePort?: number
}

interface ServiceSpec {
  readonly type?: string
  readonly clusterIP?: string
  readonly clusterIPs?: readonly string[]
  readonly ipFamilies?: readonly string[]
  readonly ipFamilyPolicy?: string
  readonly ports?: readonly ServicePort[]
  readonly selector?: Readonly<Record<string, string>>
  readonly sessionAffinity?: string
  readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } } | null
  readonly externalIPs?: readonly string[]
  readonly externalName?: string
  readonly externalTrafficPolicy?: string
  readonly internalTrafficPolicy?: string
  readonly allocateLoadBalancerNodePorts?: boolean
}

function specOf(object: KubeObject): ServiceSpec {
  return (object.spec ?? {}) as ServiceSpec
}

function defaults(object: KubeObject): KubeObject {
  const { sessionAffinityConfig, ...spec } = specOf(object)
  const timeoutSeconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800
  return {
    ...object,
    spec: {
      ...spec,
      ...(spec.sessionAffinity === 'ClientIP' ? { sessionAffinityConfig: { clientIP: { timeoutSeconds } } } : {}),
      ...(spec.ports ? { ports: spec.ports.map(withTarget) } : {}),
      ...(spec.externalTrafficPolicy === undefined && isExternal(spec) ? { externalTrafficPolicy: 'Cluster' } : {}),
      ...(spec.internalTrafficPolicy === undefined && spec.type !== 'ExternalName'
        ? { internalTrafficPolicy: 'Cluster' }
        : {}),
      ...(spec.type === 'LoadBalancer'
        ? { allocateLoadBalancerNodePorts: spec.allocateLoadBalancerNodePorts ?? true }
        : {}),
    },
  }
}

function isExternal({ type, externalIPs }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer' || (externalIPs?.length ?? 0) > 0
}

/** Less what only the Service's former type had a use for, unless its user asks for another value. */
function withoutOutdated(object: KubeObject, before: KubeObject): KubeObject {
  const [spec, last] = [specOf(object), specOf(before)]
  const { externalTrafficPolicy, allocateLoadBalancerNodePorts, ...rest } = spec
  const isInside = isExternal(last) && !isExternal(spec) && externalTrafficPolicy === last.externalTrafficPolicy
  const isUnbalanced =
    last.type === 'LoadBalancer' &&
    spec.type !== 'LoadBalancer' &&
    allocateLoadBalancerNodePorts === last.allocateLoadBalancerNodePorts
  if (!isInside && !isUnbalanced) return object
  return {
    ...object,
    spec: {
      ...rest,
      ...(isInside || externalTrafficPolicy === undefined ? {} : { externalTrafficPolicy }),
      ...(isUnbalanced || allocateLoadBalancerNodePorts === undefined ? {} : { allocateLoadBalancerNodePorts }),
    },
  }
}

function withTarget(port: ServicePort): ServicePort {
  const { targetPort } = port
  if ((targetPort !== undefined && targetPort !== 0 && targetPort !== '') || port.port === undefined) return port
  return { ...port, targetPort: port.port }
}

/** `before`: the Service on an update; its addresses stay where the type allows them. */
function allocated(object: KubeObject, before: KubeObject | undefined, { store }: RuleContext): KubeObject {
  const addresses = addressesOf(store)
  const spec = specOf(object)
  const last = before === undefined ? {} : specOf(before)
  if (spec.type === 'ExternalName') return { ...object, spec: withoutAddresses(spec) }
  const ports = needsNodePorts(spec) ? withNodePorts(object, spec, last, addresses) : withoutNodePorts(spec, last)
  return { ...object, spec: { ...spec, ...addressOf(object, spec, last, addresses), ...(ports ? { ports } : {}) } }
}

function addressOf(
  object: KubeObject,
  spec: ServiceSpec,
  last: ServiceSpec,
  addresses: Addresses,
): Partial<ServiceSpec> {
  const clusterIP = spec.clusterIP || spec.clusterIPs?.[0] || last.clusterIP || fresh(addresses)
  if (
    clusterIP !== 'None' &&
    clusterIP !== last.clusterIP &&
    spec.clusterIP === clusterIP &&
    addresses.isIpTaken(clusterIP)
  ) {
    const why = `failed to allocate IP ${clusterIP}: provided IP is already allocated`
    throw invalidService(object, fieldInvalid('spec.clusterIPs', [clusterIP], why))
  }
  if (spec.clusterIP === clusterIP && isAddress(clusterIP) && !isInRange(clusterIP)) {
    const why = `failed to allocate IP ${clusterIP}: the provided network does not match the current range`
    throw invalidService(object, fieldInvalid('spec.clusterIPs', [clusterIP], why))
  }
  const clusterIPs = spec.clusterIPs?.length ? spec.clusterIPs : [clusterIP]
  const isOpen = clusterIP === 'None' && Object.keys(spec.selector ?? {}).length === 0
  if (isOpen && !spec.ipFamilies?.length) {
    return {
      clusterIP,
      clusterIPs,
      ipFamilies: ['IPv4', 'IPv6'],
      ipFamilyPolicy: spec.ipFamilyPolicy || 'RequireDualStack',
    }
  }
  const ipFamilies = spec.ipFamilies?.length ? spec.ipFamilies : [clusterIP.includes(':') ? 'IPv6' : 'IPv4']
  return { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy: spec.ipFamilyPolicy || 'SingleStack' }
}

function fresh(addresses: Addresses): string {
  const ip = addresses.nextIp()
  addresses.reserve(ip)
  return ip
}

function needsNodePorts({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)
}

function withNodePorts(object: KubeObject, spec: ServiceSpec, last: ServiceSpec, addresses: Addresses) {
  const own = new Set(last.ports?.map(({ nodePort }) => nodePort))
  return spec.ports?.map((port, index) => {
    const kept = port.nodePort || last.ports?.find((one) => one.port === port.port && one.name === port.name)?.nodePort
    if (kept && !own.has(kept) && addresses.isPortTaken(kept)) {
      const at = `spec.ports[${index}].nodePort`
      throw invalidService(object, fieldInvalid(at, kept, 'provided port is already allocated'))
    }
    const nodePort = kept || addresses.nextPort()
    addresses.reserve(nodePort)
    return { ...port, nodePort }
  })
}

/** A Service that became ClusterIP gives back the ports that it was given, unless its user asks for others. */
function withoutNodePorts(spec: ServiceSpec, last: ServiceSpec): readonly ServicePort[] | undefined {
  const own = new Set(last.ports?.map(({ nodePort }) => nodePort))
  return spec.ports?.map((port) => {
    const { nodePort, ...rest } = port
    return nodePort === undefined || own.has(nodePort) ? rest : port
  })
}

function withoutAddresses(spec: ServiceSpec): ServiceSpec {
  const { clusterIP: _1, clusterIPs: _2, ipFamilies: _3, ipFamilyPolicy: _4, ...rest } = spec
  return rest
}

function invalidService(object: KubeObject, cause: StatusCause) {
  return invalidObject({ group: '', kind: 'Service' }, object.metadata.name, [cause])
}

function validate(object: KubeObject): readonly StatusCause[] {
  const spec = specOf(object)
  const causes: StatusCause[] = []
  const isHeadless = spec.clusterIP === 'None'
  if (spec.type === 'ExternalName' && !spec.externalName) causes.push(fieldRequired('spec.externalName'))
  if (spec.type !== 'ExternalName' && !isHeadless && (spec.ports?.length ?? 0) === 0) {
    causes.push(fieldRequired('spec.ports'))
  }
  if (isHeadless && (spec.type === 'NodePort' || spec.type === 'LoadBalancer')) {
    causes.push(fieldInvalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`))
  }
  return [...causes, ...addressCauses(spec), ...portsCauses(spec.ports ?? [])]
}

function addressCauses({ clusterIPs = [] }: ServiceSpec): StatusCause[] {
  return clusterIPs.flatMap((ip, index) => {
    if (ip === 'None' || ip === '' || isAddress(ip)) return []
    const why = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
    return [fieldInvalid(`spec.clusterIPs[${index}]`, ip, why)]
  })
}

function portsCauses(ports: readonly ServicePort[]): StatusCause[] {
  const names = new Set<string>()
  const numbers = new Set<string>()
  return ports.flatMap(({ name, port, protocol, targetPort, nodePort }, index) => {
    const at = `spec.ports[${index}]`
    const causes: StatusCause[] = []
    if (!name && ports.length > 1) causes.push(fieldRequired(`${at}.name`))
    if (name) causes.push(...checkDns1123Label(name).map((why) => fieldInvalid(`${at}.name`, name, why)))
    if (name && names.has(name)) causes.push(fieldDuplicate(`${at}.name`, name))
    if (name) names.add(name)
    causes.push(...portNumber(port, `${at}.port`))
    if (typeof targetPort === 'number') causes.push(...portNumber(targetPort, `${at}.targetPort`))
    const key = `${protocol}/${port}`
    const shown = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
    if (numbers.has(key)) causes.push(fieldDuplicate(at, shown))
    numbers.add(key)
    if (nodePort !== undefined && nodePort !== 0 && (nodePort < 30000 || nodePort > 32767)) {
      const why = 'provided port is not in the valid range. The range of valid ports is 30000-32767'
      causes.push(fieldInvalid(`${at}.nodePort`, nodePort, why))
    }
    return causes
  })
}

function warnings(object: KubeObject): readonly string[] {
  const { clusterIP, externalIPs = [] } = specOf(object)
  return clusterIP === 'None' && externalIPs.length > 0 ? ['spec.externalIPs is ignored for headless services'] : []
}

export const services: KindRules = {
  warnings,
  checkName: checkDns1123Label,
  createsOnUpdate: true,
  defaults,
  prepareForCreate: (object, context) => allocated(object, undefined, context),
  prepareForUpdate: (object, before, context) => allocated(withoutOutdated(object, before), before, context),
  validate,
  validateUpdate(object, before) {
    const [spec, last] = [specOf(object), specOf(before)]
    if (spec.type === 'ExternalName' || last.type === 'ExternalName' || !last.clusterIP) return []
    return immutable(spec.clusterIP, last.clusterIP, 'spec.clusterIPs[0]').map((cause) => ({
      ...cause,
      message: `Invalid value: ${JSON.stringify(spec.clusterIPs)}: may not change once set`,
      field: 'spec.clusterIPs[0]',
    }))
  },
  selectableFields: {
    'spec.clusterIP': (object) => specOf(object).clusterIP,
    'spec.type': (object) => specOf(object).type,
  },
}
