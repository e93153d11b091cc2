// The pods behind each Service: its EndpointSlices and its Endpoints.
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { watch, type Controller, type Result } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Change } from '@flotilla/runtime/source'
import type { Cached } from '../cached.ts'
import type { Pod, Service } from '../kinds.ts'
import { byOwner, controllerReference, toOwnerKeys, toOwnKey } from '../owner.ts'
import { Pacing } from '../pacing.ts'
import { compareText, isFinished, isReady } from '../pod.ts'
import { randomName } from '../random-name.ts'

export interface EndpointsDeps {
  readonly env: Env
  readonly pods: Cached<Pod>
  readonly services: Cached<Service>
  readonly slices: Cached<KubeObject>
  readonly endpoints: Cached<KubeObject>
}

/** Index names. */
export const byLabel = 'label'
export const byNamespace = 'namespace'

/** As kube-controller-manager does by default. */
const endpointsPerSlice = 100

interface Address {
  readonly ip: string
  readonly nodeName: string
  readonly isReady: boolean
  readonly isTerminating: boolean
  readonly targetRef: Readonly<Record<string, unknown>>
  readonly ports: string
}

export function labelIndex({ metadata }: KubeObject): readonly string[] {
  return Object.entries(metadata.labels ?? {}).map(([name, value]) => labelValue(metadata.namespace, name, value))
}

export function namespaceIndex({ metadata }: KubeObject): readonly string[] {
  return [metadata.namespace ?? '']
}

export function createEndpointsController({ env, pods, services, slices, endpoints }: EndpointsDeps): Controller {
  const pacing = new Pacing(env)

  async function reconcile(key: string): Promise<Result | void> {
    const service = services.rows.get(key)
    if (service === undefined) return pacing.forget(key)
    if (service.metadata.deletionTimestamp !== undefined) return
    if (!hasSelector(service)) return
    const waitMs = pacing.waitMs(key, service.spec)
    if (waitMs > 0) return { requeueAfterMs: waitMs }
    const addresses = selectPods(service).flatMap((pod) => addressOf(service, pod))
    pacing.note(key, addresses.length, service.spec)
    await writeSlices(service, addresses)
    await writeEndpoints(service, addresses)
  }

  function selectPods({ metadata, spec }: Service): readonly Pod[] {
    const pairs = Object.entries(spec.selector ?? {})
    const [first, ...others] = pairs
    if (first === undefined) return []
    const found = pods.rows.byIndex(byLabel, labelValue(metadata.namespace, first[0], first[1]))
    return found.filter((pod) => others.every(([name, value]) => pod.metadata.labels?.[name] === value))
  }

  async function writeSlices(service: Service, addresses: readonly Address[]): Promise<void> {
    const own = slices.rows.byIndex(byOwner, service.metadata.uid ?? '').toSorted(byAge)
    const parts = inParts(addresses, endpointsPerSlice)
    await Promise.all(parts.map((part, i) => writeSlice(service, own[i], part)))
    await Promise.all(own.slice(parts.length).map((slice) => slices.delete(slice)))
  }

  async function writeSlice(service: Service, old: KubeObject | undefined, part: readonly Address[]): Promise<void> {
    const content = { addressType: 'IPv4', endpoints: part.map(sliceEndpoint), ports: portsOf(part[0]) }
    if (old === undefined) {
      await slices.createNamed(() => ({ ...newSlice(service), ...content }))
    } else if (
      JSON.stringify([old['endpoints'] ?? [], old['ports'] ?? []]) !==
      JSON.stringify([content.endpoints, content.ports])
    ) {
      await slices.patch(old, content)
    }
  }

  function newSlice(service: Service): KubeObject {
    const { name, namespace, labels } = service.metadata
    return {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: randomName(name, env.random),
        generateName: `${name}-`,
        ...(namespace === undefined ? {} : { namespace }),
        labels: {
          ...labels,
          'kubernetes.io/service-name': name,
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [controllerReference(service)],
      },
    }
  }

  async function writeEndpoints(service: Service, addresses: readonly Address[]): Promise<void> {
    const subsets = subsetsOf(addresses)
    const { name, namespace } = service.metadata
    const old = endpoints.rows.get(`${namespace}/${name}`)
    if (old !== undefined) {
      if (JSON.stringify(old['subsets'] ?? []) !== JSON.stringify(subsets)) await endpoints.patch(old, { subsets })
      return
    }
    const metadata = {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ownerReferences: [controllerReference(service)],
    }
    try {
      await endpoints.create({
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata,
        ...(subsets.length === 0 ? {} : { subsets }),
      })
    } catch (error) {
      if (!isError(error, 'AlreadyExists')) throw error
    }
  }

  /** Services whose selector matches the pod as it was or as it is. */
  function* toServiceKeys({ before, after }: Change<Pod>): Iterable<string> {
    if (before !== undefined && after !== undefined && isSameToServices(before, after)) return
    const pod = after ?? before
    for (const service of services.rows.byIndex(byNamespace, pod?.metadata.namespace ?? '')) {
      if (selects(service, before) || selects(service, after))
        yield `${service.metadata.namespace}/${service.metadata.name}`
    }
  }

  return {
    name: 'endpoints',
    concurrency: 4,
    watches: [
      watch(services.rows, toOwnKey),
      watch(pods.rows, toServiceKeys),
      watch(slices.rows, toOwnerKeys('Service')),
      watch(endpoints.rows, (change) => (change.after === undefined ? toOwnKey(change) : [])),
    ],
    reconcile,
  }
}

/** A new slice comes after the others, so that they keep their parts. */
function byAge(a: KubeObject, b: KubeObject): number {
  return (
    compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compareText(a.metadata.name, b.metadata.name)
  )
}

function labelValue(namespace: string | undefined, name: string, value: string): string {
  return `${namespace}|${name}=${value}`
}

function hasSelector({ spec }: Service): boolean {
  return spec.type !== 'ExternalName' && Object.keys(spec.selector ?? {}).length > 0
}

function selects(service: Service, pod: Pod | undefined): boolean {
  if (pod === undefined || !hasSelector(service)) return false
  return Object.entries(service.spec.selector ?? {}).every(([name, value]) => pod.metadata.labels?.[name] === value)
}

function isSameToServices(a: Pod, b: Pod): boolean {
  return (
    a.metadata.labels === b.metadata.labels &&
    a.status?.podIP === b.status?.podIP &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    isReady(a) === isReady(b) &&
    isFinished(a) === isFinished(b)
  )
}

function addressOf(service: Service, pod: Pod): readonly Address[] {
  const ip = pod.status?.podIP
  if (ip === undefined || isFinished(pod)) return []
  const isTerminating = pod.metadata.deletionTimestamp !== undefined
  const { name, namespace, uid } = pod.metadata
  return [
    {
      ip,
      nodeName: pod.spec.nodeName ?? '',
      isReady: service.spec.publishNotReadyAddresses === true || (isReady(pod) && !isTerminating),
      isTerminating,
      targetRef: { kind: 'Pod', namespace, name, uid },
      ports: JSON.stringify(resolvePorts(service, pod)),
    },
  ]
}

interface EndpointPort {
  readonly name: string
  readonly port: number
  readonly protocol: string
  readonly appProtocol?: string
}

/** Ports by name are looked up in the pod's containers. */
function resolvePorts({ spec }: Service, pod: Pod): readonly EndpointPort[] {
  return (spec.ports ?? []).flatMap(({ name = '', port, targetPort = port, protocol = 'TCP', appProtocol }) => {
    const number = typeof targetPort === 'number' ? targetPort : namedPort(pod, targetPort)
    return number === undefined
      ? []
      : [{ name, port: number, protocol, ...(appProtocol === undefined ? {} : { appProtocol }) }]
  })
}

function namedPort(pod: Pod, name: string): number | undefined {
  return pod.spec.containers.flatMap(({ ports = [] }) => ports).find((port) => port.name === name)?.containerPort
}

/** One slice has one set of ports; pods of one Service are taken to agree on them. */
function portsOf(first: Address | undefined): readonly EndpointPort[] {
  return first === undefined ? [] : (JSON.parse(first.ports) as readonly EndpointPort[])
}

function sliceEndpoint(address: Address) {
  return {
    addresses: [address.ip],
    conditions: { ready: address.isReady, serving: address.isReady, terminating: address.isTerminating },
    nodeName: address.nodeName,
    targetRef: address.targetRef,
  }
}

function subsetsOf(addresses: readonly Address[]): readonly Readonly<Record<string, unknown>>[] {
  const live = addresses.filter(({ isTerminating }) => !isTerminating)
  if (live.length === 0) return []
  const shown = (isWanted: boolean) =>
    live
      .filter((address) => address.isReady === isWanted)
      .toSorted((a, b) => compareText(a.ip, b.ip))
      .map(({ ip, nodeName, targetRef }) => ({ ip, nodeName, targetRef }))
  const [ready, notReady] = [shown(true), shown(false)]
  return [
    {
      ...(ready.length === 0 ? {} : { addresses: ready }),
      ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
      ports: portsOf(live[0]),
    },
  ]
}

/** At least one part: a Service without pods has one empty slice. */
function inParts<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const parts: T[][] = []
  for (let start = 0; start === 0 || start < items.length; start += size) parts.push(items.slice(start, start + size))
  return parts
}
