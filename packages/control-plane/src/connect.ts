// How members are reached. The CLI injects it: over HTTP, through a tunnel, or to a simulated member.
import type { Cluster } from '@flotilla/api/cluster'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'

export interface MemberConnection {
  readonly api: KubeApi
  close(): Promise<void>
}

/**
 * `sync` connections carry everything that is read and stated; `probe` connections health checks alone, so that a
 * flood on the first never looks like a dead member. Nothing is sent before the first call.
 * @throws Invalid when the registration or its Secret cannot be used, naming the field.
 */
export type Connect = (
  cluster: Cluster,
  /** `flotilla-system/NAME`, as the cluster's `secretRef` names it. */
  credentials: KubeObject | undefined,
  purpose: 'sync' | 'probe',
) => MemberConnection
