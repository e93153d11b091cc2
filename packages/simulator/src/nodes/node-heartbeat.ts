// Makes the nodes and keeps them alive: objects with capacity and conditions, and a Lease each that is renewed.
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { leases, nodes } from '@flotilla/machinery/well-known-resources'
import type { Env } from '@flotilla/runtime/env'
import { microTimestamp, timestamp } from '@flotilla/runtime/timestamp'
import type { Condition, Node, Taint } from '../kinds.ts'
import { taintsOf } from './node-taints.ts'

export interface NodeShape {
  readonly name: string
  /** Default `4`. */
  readonly cpu?: string
  /** Default `16Gi`. */
  readonly memory?: string
  /** Default `110`. */
  readonly pods?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly taints?: readonly Taint[]
  /** More of what it has, e.g. `nvidia.com/gpu`. */
  readonly extended?: Readonly<Record<string, string>>
}

export interface NodeContext {
  readonly env: Env
  readonly api: KubeApi
  readonly region?: string
  readonly kubernetesVersion: string
}

const leaseNamespace = 'kube-node-lease'
const leaseDurationSeconds = 40
/** Of the kubelet's defaults. */
export const heartbeatMs = 10_000

export async function createNode(
  { env, api, region, kubernetesVersion }: NodeContext,
  shape: NodeShape,
  index: number,
) {
  const amounts = {
    cpu: shape.cpu ?? '4',
    memory: shape.memory ?? '16Gi',
    pods: shape.pods ?? '110',
    ...shape.extended,
  }
  const { status, ...node } = aNode(env, shape, region)
  await ignoreExisting(api.create<Node>(nodes, node))
  const address = `10.0.${index >> 8}.${(index & 255) + 1}`
  const patch = {
    status: {
      ...status,
      capacity: amounts,
      allocatable: amounts,
      addresses: [
        { type: 'InternalIP', address },
        { type: 'Hostname', address: shape.name },
      ],
      nodeInfo: nodeInfo(kubernetesVersion, shape.name),
    },
  }
  const ready = await api.patch<Node>(nodes, { name: shape.name }, { type: 'merge', patch }, { subresource: 'status' })
  // The node controller would do so a moment later; pods of the first moment find their node this way.
  const taints = taintsOf(ready)
  if (taints !== undefined) {
    await api.patch(nodes, { name: shape.name }, { type: 'merge', patch: { spec: { taints } } })
  }
}

function aNode(env: Env, { name, labels, taints }: NodeShape, region: string | undefined): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        ...(region === undefined ? {} : { 'topology.kubernetes.io/region': region }),
        ...labels,
      },
    },
    spec: taints === undefined ? {} : { taints },
    status: { conditions: nodeConditions(timestamp(env.clock.now())) },
  }
}

function nodeConditions(now: string): readonly Condition[] {
  const conditions = [
    ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
  ] as const
  return conditions.map(([type, status, reason, message]) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  }))
}

function nodeInfo(version: string, name: string) {
  return {
    machineID: name,
    systemUUID: name,
    bootID: name,
    kernelVersion: '6.12.0',
    osImage: 'Simulated',
    containerRuntimeVersion: 'simulated://1.0.0',
    kubeletVersion: version,
    kubeProxyVersion: '',
    operatingSystem: 'linux',
    architecture: 'amd64',
  }
}

/** Renews the Lease of every node until `signal` aborts. A renewal that fails is tried again with the next. */
export async function renewLeases(
  { env, api }: NodeContext,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const name of names) {
      if (signal.aborted) return
      await renewLease(env, api, name).catch((err: unknown) =>
        env.log.debug({ err, node: name }, 'Cannot renew the lease'),
      )
    }
    await env.timers.sleep(heartbeatMs, signal)
  }
}

async function renewLease(env: Env, api: KubeApi, name: string): Promise<void> {
  const spec = { holderIdentity: name, leaseDurationSeconds, renewTime: microTimestamp(env.clock.now()) }
  const key = { name, namespace: leaseNamespace }
  try {
    await api.patch(leases, key, { type: 'merge', patch: { spec } })
  } catch (error) {
    if (!isError(error, 'NotFound')) throw error
    await api.create(leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: key, spec })
  }
}

async function ignoreExisting(created: Promise<unknown>): Promise<void> {
  try {
    await created
  } catch (error) {
    if (!isError(error, 'AlreadyExists')) throw error
  }
}
