// A member cluster in memory: an API server of our own and the controllers that make its workloads run.
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import * as wellKnown from '@flotilla/machinery/well-known-resources'
import type { Resource } from '@flotilla/machinery/resource'
import type { Admission } from '@flotilla/kube-server/admission'
import { createKubeServer, type KubeServer } from '@flotilla/kube-server/server'
import { createMemoryStore } from '@flotilla/kube-server/store/memory-store'
import type { Store } from '@flotilla/kube-server/store/store'
import type { Controller } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { IndexFunctions } from '@flotilla/runtime/row-table'
import { startController } from '@flotilla/runtime/start-controller'
import { Cached } from './cached.ts'
import { FaultGate, type Faults } from './fault-gate.ts'
import type {
  CronJob,
  DaemonSet,
  Deployment,
  Job,
  Node,
  Pod,
  ReplicaSet,
  Service,
  StatefulSet,
  PersistentVolumeClaim,
} from './kinds.ts'
import { createNamespaceDefaults } from './namespace-defaults.ts'
import { byLabel, byNamespace, createEndpointsController, labelIndex, namespaceIndex } from './network/endpoints.ts'
import { createKubelet } from './nodes/kubelet.ts'
import { createNode, renewLeases, type NodeShape } from './nodes/node-heartbeat.ts'
import { createNodeTaints } from './nodes/node-taints.ts'
import { createPodScheduling } from './nodes/pod-scheduling.ts'
import { createVolumeBinding } from './nodes/volume-binding.ts'
import { byOwner, ownerIndex } from './owner.ts'
import { cronJobs, endpoints, endpointSlices, persistentVolumeClaims } from './resources.ts'
import { createCronJobController } from './workloads/cron-job.ts'
import { createDaemonSetController } from './workloads/daemon-set.ts'
import { createDeploymentController } from './workloads/deployment.ts'
import { createJobController } from './workloads/job.ts'
import { createReplicaSetController } from './workloads/replica-set.ts'
import { createStatefulSetController } from './workloads/stateful-set.ts'

export interface SimulatedClusterOptions {
  readonly env: Env
  readonly name: string
  /** How many of the default shape (4 CPU, 16Gi, 110 pods), or each one's shape. */
  readonly nodes: number | readonly NodeShape[]
  /** From a pod's being bound to its being ready. */
  readonly podStartMs: number
  /** From a pod's being asked to end to its being gone, within its grace period. Default 0. */
  readonly podStopMs?: number
  /** Label of every node. */
  readonly region?: string
  /** What the nodes report. Default `v1.36.3`. */
  readonly kubernetesVersion?: string
  /** Where its objects live; its owner closes it. Default: in memory. */
  readonly store?: Store
  /** Of the member's API server. Default: none. */
  readonly admission?: Admission
}

export interface SimulatedCluster extends AsyncDisposable {
  readonly name: string
  /** An administrator's, over the network: behind all faults. */
  readonly api: KubeApi
  /** Without faults: for tests that look behind the scenes, and to serve over HTTP. */
  readonly server: KubeServer
  /** Any other caller's api, over the network. */
  throughFaults(api: KubeApi): KubeApi
  readonly faults: Faults
  stop(): Promise<void>
}

const administrator = { name: 'simulator-admin', groups: ['system:masters', 'system:authenticated'] } as const

export async function createSimulatedCluster(options: SimulatedClusterOptions): Promise<SimulatedCluster> {
  const { env, name, region, kubernetesVersion = 'v1.36.3' } = options
  const store = options.store ?? createMemoryStore({ env })
  const server = await createKubeServer({ env, store, admission: options.admission ?? [] })
  const gate = new FaultGate(env, name)
  const shapes = shapesOf(options)
  const direct = server.apiAs({ name: 'system:node', groups: ['system:masters', 'system:nodes'] })
  const context = { env, api: gate.inside(direct), kubernetesVersion, ...(region === undefined ? {} : { region }) }
  for (const [index, shape] of shapes.entries()) await createNode(context, shape, index)
  const machinery = startMachinery(options, server, gate)
  const abort = new AbortController()
  const heartbeats = renewLeases(
    context,
    shapes.map((shape) => shape.name),
    abort.signal,
  )

  async function stop(): Promise<void> {
    abort.abort()
    const stopped = machinery.stop()
    gate.close()
    await stopped
    await heartbeats
    await server.stop()
    if (options.store === undefined) await store.close()
  }

  return {
    name,
    api: gate.outside(server.apiAs(administrator)),
    server,
    throughFaults: (api) => gate.outside(api),
    faults: gate,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function shapesOf({ nodes, name }: SimulatedClusterOptions): readonly NodeShape[] {
  return typeof nodes === 'number'
    ? Array.from({ length: nodes }, (_, i) => ({ name: `${name}-node-${i + 1}` }))
    : nodes
}

/** Every cache and controller of the cluster, running. */
function startMachinery(options: SimulatedClusterOptions, server: KubeServer, gate: FaultGate) {
  const { env } = options
  const fieldManager = 'kube-controller-manager'
  const api = gate.inside(server.apiAs({ name: `system:${fieldManager}`, groups: ['system:masters'] }))
  const caches: { start(): void; stop(): Promise<void> }[] = []
  const cache = <T extends KubeObject>(resource: Resource, indexes: IndexFunctions<T> = {}, named?: string) => {
    const selection = named === undefined ? {} : { fieldSelector: `metadata.name=${named}` }
    const cached = new Cached<T>({ env, api, resource, fieldManager, indexes, ...selection })
    caches.push(cached)
    return cached
  }
  const owned = { [byOwner]: ownerIndex }
  const pods = cache<Pod>(wellKnown.pods, { ...owned, [byLabel]: labelIndex })
  const nodes = cache<Node>(wellKnown.nodes)
  const replicaSets = cache<ReplicaSet>(wellKnown.replicaSets, owned)
  const jobs = cache<Job>(wellKnown.jobs, owned)
  const services = cache<Service>(wellKnown.services, { [byNamespace]: namespaceIndex })
  const scheduling = createPodScheduling({ env, api, pods, nodes })
  const { podStartMs, podStopMs = 0 } = options
  const controllers: readonly Controller[] = [
    createDeploymentController({ env, pods, replicaSets, deployments: cache<Deployment>(wellKnown.deployments) }),
    createReplicaSetController({ env, pods, replicaSets }),
    createStatefulSetController({ env, api, pods, statefulSets: cache<StatefulSet>(wellKnown.statefulSets) }),
    createDaemonSetController({ env, pods, nodes, daemonSets: cache<DaemonSet>(wellKnown.daemonSets) }),
    createJobController({ env, pods, jobs }),
    createCronJobController({ env, jobs, cronJobs: cache<CronJob>(cronJobs) }),
    createEndpointsController({
      env,
      pods,
      services,
      slices: cache(endpointSlices, owned),
      endpoints: cache(endpoints),
    }),
    createNamespaceDefaults({
      namespaces: cache(wellKnown.namespaces),
      serviceAccounts: cache(wellKnown.serviceAccounts, {}, 'default'),
      configMaps: cache(wellKnown.configMaps, {}, 'kube-root-ca.crt'),
    }),
    createNodeTaints({ nodes }),
    createVolumeBinding({ claims: cache<PersistentVolumeClaim>(persistentVolumeClaims) }),
    createKubelet({ env, pods, nodes, podStartMs, podStopMs }),
  ]
  const scheduler = startController(env, scheduling.controller)
  scheduling.retryWith((key) => scheduler.enqueue(key))
  const running = [scheduler, ...controllers.map((controller) => startController(env, controller))]
  for (const cached of caches) cached.start()
  return {
    async stop(): Promise<void> {
      await Promise.all([...caches, ...running].map((part) => part.stop()))
    },
  }
}
