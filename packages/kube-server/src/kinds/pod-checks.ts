// The finer rules of pod specs: volumes, probes, resources, and where a pod may run.
import type { StatusCause } from '@flotilla/machinery/errors'
import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '@flotilla/machinery/field-error'
import { checkDns1123Label, checkLabelKey, checkLabelValue } from '@flotilla/machinery/names'
import { nonNegative, portNumber } from './checks.ts'

type Fields = Readonly<Record<string, unknown>>

export type Volume = { readonly name?: string } & Fields

export function volumeCauses(volumes: readonly Volume[], field: string): StatusCause[] {
  const seen = new Set<string>()
  return volumes.flatMap((volume, index) => {
    const at = `${field}[${index}]`
    const causes = [...sourceCauses(volume, at), ...volumeNameCauses(volume.name, `${at}.name`, seen)]
    // A name counts as taken only by a volume that is right.
    if (causes.length === 0 && volume.name) seen.add(volume.name)
    return causes
  })
}

function volumeNameCauses(name: string | undefined, field: string, seen: ReadonlySet<string>): StatusCause[] {
  if (!name) return [fieldRequired(field)]
  if (seen.has(name)) return [fieldDuplicate(field, name)]
  return checkDns1123Label(name).map((why) => fieldInvalid(field, name, why))
}

/** Where a volume has several sources, upstream's order tells which one counts. */
const sourceOrder = ['emptyDir', 'hostPath', 'gitRepo', 'nfs', 'secret', 'persistentVolumeClaim', 'configMap']

function sourceCauses(volume: Volume, field: string): StatusCause[] {
  const given = Object.keys(volume).filter((key) => key !== 'name' && typeof volume[key] === 'object')
  const [, ...others] = given.toSorted((a, b) => sourceOrder.indexOf(a) - sourceOrder.indexOf(b))
  return [
    ...others.map((name) => fieldForbidden(`${field}.${name}`, 'may not specify more than 1 volume type')),
    ...missing(volume, 'secret', 'secretName', field),
    ...missing(volume, 'configMap', 'name', field),
    ...missing(volume, 'persistentVolumeClaim', 'claimName', field),
    ...hostPathCauses(volume, field),
  ]
}

function missing(volume: Volume, source: string, name: string, field: string): StatusCause[] {
  const given = volume[source] as Fields | undefined
  return given === undefined || given[name] ? [] : [fieldRequired(`${field}.${source}.${name}`)]
}

function hostPathCauses({ hostPath }: Volume, field: string): StatusCause[] {
  if (hostPath === undefined) return []
  const { path = '' } = hostPath as { path?: string }
  if (path === '') return [fieldRequired(`${field}.hostPath.path`)]
  if (!path.split('/').includes('..')) return []
  return [fieldInvalid(`${field}.hostPath.path`, path, "must not contain '..'")]
}

interface Probe {
  readonly exec?: { readonly command?: readonly string[] }
  readonly httpGet?: { readonly port?: unknown }
  readonly tcpSocket?: { readonly port?: unknown }
  readonly grpc?: { readonly port?: unknown }
  readonly initialDelaySeconds?: number
  readonly timeoutSeconds?: number
  readonly periodSeconds?: number
  readonly successThreshold?: number
  readonly failureThreshold?: number
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const
const probeNumbers = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const

export function probesCauses(container: object, field: string): StatusCause[] {
  const probes = container as Readonly<Record<string, Probe | undefined>>
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => {
    const probe = probes[name]
    return probe === undefined ? [] : probeCauses(probe, `${field}.${name}`)
  })
}

function probeCauses(probe: Probe, field: string): StatusCause[] {
  const given = handlers.filter((handler) => probe[handler] !== undefined)
  const numbers = probeNumbers.flatMap((name) => nonNegative(probe[name], `${field}.${name}`))
  if (given.length === 0) return [fieldRequired(field, 'must specify a handler type'), ...numbers]
  const [first, ...others] = given
  const extra = others.map((name) => fieldForbidden(`${field}.${name}`, 'may not specify more than 1 handler type'))
  if (first === 'exec') {
    const isEmpty = (probe.exec?.command?.length ?? 0) === 0
    return [...(isEmpty ? [fieldRequired(`${field}.exec.command`)] : []), ...extra, ...numbers]
  }
  const port = first === undefined ? undefined : probe[first]?.port
  const ports = typeof port === 'string' ? [] : portNumber(port, `${field}.${first}.port`)
  return [...ports, ...extra, ...numbers]
}

const standardResources = new Set(['cpu', 'memory', 'ephemeral-storage'])

export function resourceNameCauses(name: string, field: string): StatusCause[] {
  const wrong = checkLabelKey(name).map((why) => fieldInvalid(field, name, why))
  if (name.includes('/') || standardResources.has(name) || name.startsWith('hugepages-')) return wrong
  return [...wrong, fieldInvalid(field, name, 'must be a standard resource for containers')]
}

interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

const operators = ['Equal', 'Exists']
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function tolerationCauses({ key, operator = 'Equal', value, effect }: Toleration, field: string): StatusCause[] {
  const causes = key ? checkLabelKey(key).map((why) => fieldInvalid(`${field}.key`, key, why)) : []
  if (!key && operator !== 'Exists') {
    causes.push(
      fieldInvalid(
        `${field}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      ),
    )
  }
  if (operator === 'Exists' && value) {
    causes.push(fieldInvalid(`${field}.operator`, value, "value must be empty when `operator` is 'Exists'"))
  }
  if (!operators.includes(operator)) causes.push(fieldNotSupported(`${field}.operator`, operator, operators))
  if (effect && !effects.includes(effect)) causes.push(fieldNotSupported(`${field}.effect`, effect, effects))
  return causes
}

interface Placement {
  readonly tolerations?: readonly object[]
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms?: readonly NodeTerm[] }
    }
  }
}

interface NodeTerm {
  readonly matchExpressions?: readonly {
    readonly key?: string
    readonly operator?: string
    readonly values?: readonly string[]
  }[]
}

export function placementCauses(spec: Placement, field: string): StatusCause[] {
  const selector = Object.entries(spec.nodeSelector ?? {}).flatMap(([key, value]) => [
    ...checkLabelKey(key).map((why) => fieldInvalid(`${field}.nodeSelector`, key, why)),
    ...checkLabelValue(value).map((why) => fieldInvalid(`${field}.nodeSelector`, value, why)),
  ])
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const at = `${field}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`
  return [
    ...selector,
    ...(spec.tolerations ?? []).flatMap((one, index) => tolerationCauses(one, `${field}.tolerations[${index}]`)),
    ...(required === undefined || required.nodeSelectorTerms?.length ? [] : [fieldRequired(at)]),
    ...(required?.nodeSelectorTerms ?? []).flatMap((term, index) => termCauses(term, `${at}[${index}]`)),
  ]
}

function termCauses({ matchExpressions = [] }: NodeTerm, field: string): StatusCause[] {
  return matchExpressions.flatMap(({ operator, values = [] }, index) => {
    const at = `${field}.matchExpressions[${index}].values`
    if ((operator === 'In' || operator === 'NotIn') && values.length === 0) {
      return [fieldRequired(at, "must be specified when `operator` is 'In' or 'NotIn'")]
    }
    if ((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0) {
      return [fieldForbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
    }
    return []
  })
}

const maxDeadline = 2_147_483_647

export function deadlineCauses(seconds: number | undefined, field: string): StatusCause[] {
  if (seconds === undefined || (seconds >= 1 && seconds <= maxDeadline)) return []
  const why = `must be between 1 and ${maxDeadline}, inclusive`
  return [fieldInvalid(`${field}.activeDeadlineSeconds`, seconds, why)]
}

const podFields =
  /^(metadata\.(name|namespace|uid|labels|annotations|(labels|annotations)\['[^']+'\])|spec\.(nodeName|serviceAccountName|restartPolicy|schedulerName|hostNetwork)|status\.(phase|hostIP|hostIPs|podIP|podIPs))$/

export function fieldRefCauses(path: string | undefined, field: string): StatusCause[] {
  if (path === undefined || podFields.test(path)) return []
  if (path === '') return [fieldRequired(field)]
  return [fieldInvalid(field, path, `error converting fieldPath: field label not supported: ${path}`)]
}
