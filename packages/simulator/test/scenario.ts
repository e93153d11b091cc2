// What the simulator's tests share: a cluster on a virtual clock, and objects with overrides.
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { pods } from '@flotilla/machinery/well-known-resources'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { createSimulatedCluster, type SimulatedClusterOptions } from '../src/cluster.ts'
import type { DaemonSet, Deployment, Job, Pod, PodSpec, StatefulSet } from '../src/kinds.ts'
import { isActive, isReady } from '../src/pod.ts'

export const namespace = 'default'

export async function aCluster(
  options: Partial<Omit<SimulatedClusterOptions, 'env'>> & { readonly seed?: number } = {},
) {
  const { seed = 1, ...rest } = options
  const env = createVirtualEnv({ seed })
  const starting = createSimulatedCluster({ env, name: 'eu-1', nodes: 3, podStartMs: 2000, ...rest })
  const cluster = await env.complete(starting, { limitMs: 10_000, what: 'the cluster to start' })
  const { api } = cluster
  await env.settle()

  async function get<T extends KubeObject>(resource: Resource, name: string): Promise<T | undefined> {
    try {
      return await api.get<T>(resource, { name, namespace })
    } catch (error) {
      if (isError(error, 'NotFound')) return undefined
      throw error
    }
  }

  async function listPods(app?: string): Promise<readonly Pod[]> {
    const selection = app === undefined ? {} : { labelSelector: `app=${app}` }
    return (await api.list<Pod>(pods, { namespace, ...selection })).items
  }

  /** Runs a step, then lets everything that needs no time happen. */
  async function act<T>(step: Promise<T>): Promise<T> {
    const result = await env.complete(step, { limitMs: 60_000, what: 'an answer' })
    await env.settle()
    return result
  }

  return {
    env,
    cluster,
    api,
    get,
    listPods,
    act,
    create: <T extends KubeObject>(resource: Resource, object: T) => act(api.create(resource, object)),
    patch: (resource: Resource, name: string, patch: Readonly<Record<string, unknown>>) =>
      act(api.patch(resource, { name, namespace }, { type: 'merge', patch })),
    remove: (resource: Resource, name: string) => act(api.delete(resource, { name, namespace })),
    readyPods: async (app?: string) => (await listPods(app)).filter((pod) => isReady(pod) && isActive(pod)).length,
    /** What went wrong inside: nothing should. */
    complaints: () => env.logs.filter(({ level }) => level === 'warn' || level === 'error'),
    async [Symbol.asyncDispose]() {
      await env.complete(cluster.stop(), { limitMs: 120_000, what: 'the cluster to stop' })
    },
  }
}

export type Scenario = Awaited<ReturnType<typeof aCluster>>

interface TemplateOptions {
  readonly image?: string
  readonly cpu?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly pod?: Partial<PodSpec>
}

function aTemplate(app: string, { image = 'registry.example/web:1', cpu = '100m', annotations, pod }: TemplateOptions) {
  return {
    metadata: { labels: { app }, ...(annotations === undefined ? {} : { annotations }) },
    spec: { containers: [{ name: 'main', image, resources: { requests: { cpu, memory: '64Mi' } } }], ...pod },
  }
}

function workload(name: string) {
  return { apiVersion: 'apps/v1', metadata: { name, namespace } }
}

export function aDeployment(
  name: string,
  { spec, ...template }: TemplateOptions & { readonly spec?: Partial<Deployment['spec']> } = {},
): Deployment {
  const selector = { matchLabels: { app: name } }
  return { ...workload(name), kind: 'Deployment', spec: { selector, template: aTemplate(name, template), ...spec } }
}

export function aStatefulSet(
  name: string,
  { spec, ...template }: TemplateOptions & { readonly spec?: Partial<StatefulSet['spec']> } = {},
): StatefulSet {
  const selector = { matchLabels: { app: name } }
  const rest = { serviceName: name, selector, template: aTemplate(name, template), ...spec }
  return { ...workload(name), kind: 'StatefulSet', spec: rest }
}

export function aDaemonSet(
  name: string,
  { spec, ...template }: TemplateOptions & { readonly spec?: Partial<DaemonSet['spec']> } = {},
): DaemonSet {
  const selector = { matchLabels: { app: name } }
  return { ...workload(name), kind: 'DaemonSet', spec: { selector, template: aTemplate(name, template), ...spec } }
}

export function aJob(
  name: string,
  { spec, ...template }: TemplateOptions & { readonly spec?: Partial<Job['spec']> } = {},
): Job {
  const pod = { restartPolicy: 'Never' as const, ...template.pod }
  const rest = { template: aTemplate(name, { ...template, pod }), ...spec }
  return { ...workload(name), apiVersion: 'batch/v1', kind: 'Job', spec: rest }
}

export function aPod(name: string, { annotations, ...template }: TemplateOptions = {}): Pod {
  const { spec } = aTemplate(name, template)
  const metadata = { name, namespace, labels: { app: name }, ...(annotations === undefined ? {} : { annotations }) }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec }
}
