// The nodes of a testbed cluster: plain objects that KWOK brings to life.
import type { Endpoint } from './request.ts'
import { sendJson } from './request.ts'

export interface NodeSpec {
  readonly name?: string
  readonly labels?: Readonly<Record<string, string>>
  /** Quantities; 8 CPUs, 32 GiB and 110 pods unless told. */
  readonly capacity?: Readonly<Record<string, string>>
}

const usual = { cpu: '8', memory: '32Gi', pods: '110', 'ephemeral-storage': '100Gi' }

/** Creates the nodes; they are not Ready yet. */
export async function addNodes(endpoint: Endpoint, cluster: string, nodes: readonly NodeSpec[]): Promise<void> {
  const { gitVersion } = (await sendJson(endpoint, 'GET', '/version')) as { gitVersion: string }
  const objects = nodes.map((node, index) => nodeObject(node, `${cluster}-${index + 1}`, gitVersion))
  await Promise.all(objects.map((object) => sendJson(endpoint, 'POST', '/api/v1/nodes', object)))
}

/** True when there are `count` Ready nodes. */
export async function areNodesReady(endpoint: Endpoint, count: number): Promise<boolean> {
  const list = (await sendJson(endpoint, 'GET', '/api/v1/nodes')) as { items: readonly SeenNode[] }
  return list.items.filter(isReady).length >= count
}

interface SeenNode {
  readonly spec: { readonly taints?: readonly unknown[] }
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
}

/** A new node's taints are taken away a moment after it is Ready: until then nothing is scheduled to it. */
function isReady({ spec, status }: SeenNode): boolean {
  const isUp =
    status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ?? false
  return isUp && (spec.taints ?? []).length === 0
}

function nodeObject({ name, labels, capacity }: NodeSpec, usualName: string, version: string): object {
  const resources = { ...usual, ...capacity }
  const nodeName = name ?? usualName
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: { 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux', ...labels },
    },
    status: { capacity: resources, allocatable: resources, nodeInfo: nodeInfo(version) },
  }
}

/** The API asks for every one of these. */
function nodeInfo(version: string): Readonly<Record<string, string>> {
  return {
    architecture: 'amd64',
    bootID: '',
    containerRuntimeVersion: 'kwok://',
    kernelVersion: 'kwok',
    kubeProxyVersion: '',
    kubeletVersion: version,
    machineID: '',
    operatingSystem: 'linux',
    osImage: 'kwok',
    systemUUID: '',
  }
}
