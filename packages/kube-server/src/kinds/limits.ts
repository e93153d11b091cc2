// LimitRanges, ResourceQuotas and Endpoints: small kinds whose items are looked at one by one.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldInvalid } from '@flotilla/machinery/field-error'
import type { KubeObject } from '@flotilla/machinery/object'
import { compareQuantity, parseQuantity } from '@flotilla/machinery/quantity'
import { isAddress, portNumber } from './checks.ts'
import { quantityCauses } from './pod-template.ts'
import type { KindRules } from './rules.ts'

type Amounts = Readonly<Record<string, string>>

interface LimitItem {
  readonly type?: string
  readonly max?: Amounts
  readonly min?: Amounts
  readonly default?: Amounts
  readonly defaultRequest?: Amounts
}

function itemsOf(object: KubeObject): readonly LimitItem[] {
  return ((object.spec ?? {}) as { limits?: readonly LimitItem[] }).limits ?? []
}

/** A container's default limit is the maximum, its default request the default limit or the minimum. */
function withDefaults(item: LimitItem): LimitItem {
  if (item.type !== 'Container') return item
  const limits = { ...item.max, ...item.default }
  const requests = { ...item.min, ...limits, ...item.defaultRequest }
  return {
    ...item,
    ...(Object.keys(limits).length > 0 ? { default: limits } : {}),
    ...(Object.keys(requests).length > 0 ? { defaultRequest: requests } : {}),
  }
}

const limitTypes = ['Container', 'Pod', 'PersistentVolumeClaim']

function itemCauses(item: LimitItem, field: string): StatusCause[] {
  const { type = '', min = {}, max = {}, default: limit = {}, defaultRequest = {} } = item
  const causes: StatusCause[] = []
  if (!type.includes('/') && !limitTypes.includes(type)) {
    causes.push(fieldInvalid(`${field}.type`, type, 'must be a standard limit type or fully qualified'))
  }
  for (const [name, least] of Object.entries(min)) {
    const notAbove = (other: string | undefined, where: string, shown: string, what: string) => {
      if (other === undefined || compareQuantity(parseQuantity(least), parseQuantity(other)) <= 0) return
      causes.push(
        fieldInvalid(`${field}.${where}[${name}]`, shown, `min value ${least} is greater than ${what} value ${other}`),
      )
    }
    notAbove(max[name], 'min', least, 'max')
    notAbove(defaultRequest[name], 'defaultRequest', defaultRequest[name] ?? '', 'default request')
    notAbove(limit[name], 'default', least, 'default')
  }
  return causes
}

export const limitRanges: KindRules = {
  createsOnUpdate: true,
  defaults(object) {
    const limits = itemsOf(object)
    return limits.length === 0
      ? object
      : { ...object, spec: { ...(object.spec as object), limits: limits.map(withDefaults) } }
  },
  validate: (object) => itemsOf(object).flatMap((item, index) => itemCauses(item, `spec.limits[${index}]`)),
}

const quotaResources = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'services',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
])

function quotaNameCauses(name: string, field: string): StatusCause[] {
  if (name.includes('/') || quotaResources.has(name)) return []
  if (name.startsWith('hugepages-') || name.startsWith('requests.hugepages-')) return []
  return ['must be a standard resource type or fully qualified', 'must be a standard resource for quota'].map((why) =>
    fieldInvalid(field, name, why),
  )
}

export const resourceQuotas: KindRules = {
  createsOnUpdate: true,
  validate(object) {
    const { hard = {} } = (object.spec ?? {}) as { hard?: Amounts }
    const names = Object.keys(hard).flatMap((name) => quotaNameCauses(name, `spec.hard[${name}]`))
    return [...names, ...quantityCauses(hard, 'spec.hard')]
  },
}

interface Subset {
  readonly addresses?: readonly { readonly ip?: string }[]
  readonly ports?: readonly { readonly port?: number }[]
}

export const endpoints: KindRules = {
  createsOnUpdate: true,
  validate: (object) =>
    ((object['subsets'] ?? []) as readonly Subset[]).flatMap(({ addresses = [], ports = [] }, index) => [
      ...addresses.flatMap(({ ip = '' }, at) => endpointAddressCauses(ip, `subsets[${index}].addresses[${at}].ip`)),
      ...ports.flatMap(({ port = 0 }, at) => portNumber(port, `subsets[${index}].ports[${at}].port`)),
    ]),
}

function endpointAddressCauses(ip: string, field: string): StatusCause[] {
  if (isAddress(ip)) return []
  const whys = ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)', 'must be a valid IP address']
  return whys.map((why) => fieldInvalid(field, ip, why))
}
