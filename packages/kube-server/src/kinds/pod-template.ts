// Pod specs, wherever they occur: in Pods and in the templates of workloads.
import type { StatusCause } from '@flotilla/machinery/errors'
import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotFound,
  fieldNotSupported,
  fieldRequired,
} from '@flotilla/machinery/field-error'
import { checkDns1123Label } from '@flotilla/machinery/names'
import { compareQuantity, parseQuantity } from '@flotilla/machinery/quantity'
import type { Labels } from '@flotilla/machinery/selector'
import { labelCauses } from '../operations/metadata.ts'
import { portName, portNumber } from './checks.ts'
import type { Volume } from './pod-checks.ts'
import {
  deadlineCauses,
  fieldRefCauses,
  placementCauses,
  probesCauses,
  resourceNameCauses,
  volumeCauses,
} from './pod-checks.ts'

interface ContainerPort {
  readonly name?: string
  readonly containerPort?: number
  readonly hostPort?: number
  readonly protocol?: string
}

export interface Container {
  readonly name?: string
  readonly image?: string
  readonly imagePullPolicy?: string
  readonly ports?: readonly ContainerPort[]
  readonly env?: readonly { readonly name?: string; readonly value?: string; readonly valueFrom?: object }[]
  readonly volumeMounts?: readonly { readonly name?: string; readonly mountPath?: string }[]
  readonly resources?: {
    readonly requests?: Readonly<Record<string, string | number>>
    readonly limits?: Readonly<Record<string, string | number>>
  }
}

export interface PodSpec {
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly ephemeralContainers?: readonly Container[]
  readonly volumes?: readonly Volume[]
  readonly restartPolicy?: string
  readonly nodeName?: string
  readonly hostNetwork?: boolean
  readonly activeDeadlineSeconds?: number
  readonly terminationGracePeriodSeconds?: number
  readonly tolerations?: readonly object[]
}

export interface PodTemplate {
  readonly metadata?: { readonly labels?: Labels }
  readonly spec?: PodSpec
}

export function defaultPodTemplate(template: PodTemplate | undefined): PodTemplate | undefined {
  return template?.spec === undefined ? template : { ...template, spec: defaultPodSpec(template.spec) }
}

export function defaultPodSpec(spec: PodSpec): PodSpec {
  const isHostNetwork = spec.hostNetwork ?? false
  return {
    ...spec,
    ...(spec.containers ? { containers: spec.containers.map((one) => defaultContainer(one, isHostNetwork)) } : {}),
    ...(spec.initContainers
      ? { initContainers: spec.initContainers.map((one) => defaultContainer(one, isHostNetwork)) }
      : {}),
    ...(spec.ephemeralContainers
      ? { ephemeralContainers: spec.ephemeralContainers.map((one) => defaultContainer(one, false)) }
      : {}),
    ...(spec.volumes ? { volumes: spec.volumes.map(defaultVolume) } : {}),
  }
}

function defaultContainer(container: Container, isHostNetwork: boolean): Container {
  const needsPolicy = !container.imagePullPolicy && container.image !== undefined
  const ports = isHostNetwork ? container.ports?.map(withHostPort) : container.ports
  if (!needsPolicy && ports === container.ports) return container
  return {
    ...container,
    ...(needsPolicy ? { imagePullPolicy: pullPolicyOf(container.image ?? '') } : {}),
    ...(ports === undefined ? {} : { ports }),
  }
}

function withHostPort(port: ContainerPort): ContainerPort {
  return port.hostPort || port.containerPort === undefined ? port : { ...port, hostPort: port.containerPort }
}

/** Always for the tag `latest` and for images without tag or digest. */
function pullPolicyOf(image: string): 'Always' | 'IfNotPresent' {
  if (image.includes('@')) return 'IfNotPresent'
  const name = image.slice(image.lastIndexOf('/') + 1)
  const tag = name.includes(':') ? name.slice(name.indexOf(':') + 1) : 'latest'
  return tag === 'latest' ? 'Always' : 'IfNotPresent'
}

function defaultVolume<T extends object>(volume: T): T {
  return Object.keys(volume).every((field) => field === 'name') ? { ...volume, emptyDir: {} } : volume
}

/** A container's limits are its requests where it states none (only in Pods, not in templates). */
export function requestsFromLimits(container: Container): Container {
  const { requests, limits } = container.resources ?? {}
  if (limits === undefined) return container
  const missing = Object.entries(limits).filter(([name]) => requests?.[name] === undefined)
  if (missing.length === 0) return container
  return {
    ...container,
    resources: { ...container.resources, requests: { ...requests, ...Object.fromEntries(missing) } },
  }
}

export function templateCauses(template: PodTemplate | undefined, field: string): readonly StatusCause[] {
  return [
    ...labelCauses(template?.metadata?.labels ?? {}, `${field}.metadata.labels`),
    ...podSpecCauses(template?.spec ?? {}, `${field}.spec`),
  ]
}

/** Workloads that keep their pods running take pods that always restart. */
export function alwaysRestarts(template: PodTemplate | undefined, workload: string): StatusCause[] {
  const { restartPolicy, activeDeadlineSeconds } = template?.spec ?? {}
  const causes: StatusCause[] = []
  if (restartPolicy !== 'Always') {
    causes.push(fieldNotSupported('spec.template.spec.restartPolicy', restartPolicy ?? '', ['Always']))
  }
  if (activeDeadlineSeconds !== undefined) {
    const why = `activeDeadlineSeconds in ${workload} is not Supported`
    causes.push(fieldForbidden('spec.template.spec.activeDeadlineSeconds', why))
  }
  return causes
}

export function podSpecCauses(spec: PodSpec, field: string): readonly StatusCause[] {
  const volumes = new Set((spec.volumes ?? []).map(({ name }) => name ?? ''))
  const initContainers = (spec.initContainers ?? []).flatMap((one, index) =>
    containerCauses(one, volumes, `${field}.initContainers[${index}]`),
  )
  return [
    ...volumeCauses(spec.volumes ?? [], `${field}.volumes`),
    ...placementCauses(spec, field),
    ...deadlineCauses(spec.activeDeadlineSeconds, field),
    ...containersCauses(spec.containers ?? [], volumes, `${field}.containers`),
    ...initContainers,
  ]
}

function containersCauses(
  containers: readonly Container[],
  volumes: ReadonlySet<string>,
  field: string,
): StatusCause[] {
  if (containers.length === 0) return [fieldRequired(field)]
  const seen = new Set<string>()
  return containers.flatMap((container, index) => {
    const at = `${field}[${index}]`
    const causes = containerCauses(container, volumes, at)
    const name = container.name ?? ''
    if (seen.has(name)) causes.push(fieldDuplicate(`${at}.name`, name))
    seen.add(name)
    return causes
  })
}

function containerCauses(container: Container, volumes: ReadonlySet<string>, field: string): StatusCause[] {
  const { name, image } = container
  const named = name
    ? checkDns1123Label(name).map((why) => fieldInvalid(`${field}.name`, name, why))
    : [fieldRequired(`${field}.name`)]
  return [
    ...named,
    ...(image ? [] : [fieldRequired(`${field}.image`)]),
    ...portCauses(container.ports ?? [], `${field}.ports`),
    ...(container.env ?? []).flatMap((one, index) => envCauses(one, `${field}.env[${index}]`)),
    ...mountCauses(container, volumes, `${field}.volumeMounts`),
    ...probesCauses(container, field),
    ...resourceCauses(container, `${field}.resources`),
  ]
}

function portCauses(ports: readonly ContainerPort[], field: string): StatusCause[] {
  const names = new Set<string>()
  return ports.flatMap(({ name, containerPort, hostPort }, index) => {
    const at = `${field}[${index}]`
    const causes = name ? portName(name).map((why) => fieldInvalid(`${at}.name`, name, why)) : []
    if (name && causes.length === 0 && names.has(name)) causes.push(fieldDuplicate(`${at}.name`, name))
    if (name) names.add(name)
    if (!containerPort) causes.push(fieldRequired(`${at}.containerPort`))
    else causes.push(...portNumber(containerPort, `${at}.containerPort`))
    if (hostPort) causes.push(...portNumber(hostPort, `${at}.hostPort`))
    return causes
  })
}

function envCauses({ name, value, valueFrom }: NonNullable<Container['env']>[number], field: string): StatusCause[] {
  if (!name) return [fieldRequired(`${field}.name`)]
  if (name.includes('=')) {
    const why = "a valid environment variable name must consist only of printable ASCII characters other than '='"
    return [fieldInvalid(`${field}.name`, name, why)]
  }
  if (!valueFrom) return []
  if (value) return [fieldInvalid(`${field}.valueFrom`, '', 'may not be specified when `value` is not empty')]
  const { fieldRef } = valueFrom as { fieldRef?: { fieldPath?: string } }
  return fieldRef === undefined ? [] : fieldRefCauses(fieldRef.fieldPath, `${field}.valueFrom.fieldRef.fieldPath`)
}

function mountCauses({ volumeMounts = [] }: Container, volumes: ReadonlySet<string>, field: string): StatusCause[] {
  const paths = new Set<string>()
  return volumeMounts.flatMap(({ name, mountPath }, index) => {
    const at = `${field}[${index}]`
    const causes: StatusCause[] = []
    if (!name) causes.push(fieldRequired(`${at}.name`))
    if (!volumes.has(name ?? '')) causes.push(fieldNotFound(`${at}.name`, name ?? ''))
    if (!mountPath) causes.push(fieldRequired(`${at}.mountPath`))
    if (paths.has(mountPath ?? '')) causes.push(fieldInvalid(`${at}.mountPath`, mountPath, 'must be unique'))
    paths.add(mountPath ?? '')
    return causes
  })
}

function resourceCauses({ resources = {} }: Container, field: string): StatusCause[] {
  const { requests = {}, limits = {} } = resources
  const causes = [
    ...nameCauses(limits, `${field}.limits`),
    ...quantityCauses(limits, `${field}.limits`),
    ...nameCauses(requests, `${field}.requests`),
    ...quantityCauses(requests, `${field}.requests`),
  ]
  if (causes.length > 0) return causes
  for (const [name, request] of Object.entries(requests)) {
    const limit = limits[name]
    if (limit === undefined || compareQuantity(parseQuantity(request), parseQuantity(limit)) <= 0) continue
    const why = `must be less than or equal to ${name} limit of ${limit}`
    causes.push(fieldInvalid(`${field}.requests`, String(request), why))
  }
  return causes
}

function nameCauses(list: object, field: string): StatusCause[] {
  return Object.keys(list).flatMap((name) => resourceNameCauses(name, `${field}[${name}]`))
}

export function quantityCauses(list: Readonly<Record<string, string | number>>, field: string): StatusCause[] {
  return Object.entries(list).flatMap(([name, quantity]) => {
    try {
      const isNegative = parseQuantity(quantity).nanos < 0n
      if (!isNegative) return []
      return [fieldInvalid(`${field}[${name}]`, String(quantity), 'must be greater than or equal to 0')]
    } catch (error) {
      return [
        fieldInvalid(`${field}[${name}]`, String(quantity), error instanceof Error ? error.message : String(error)),
      ]
    }
  })
}
