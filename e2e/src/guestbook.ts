// The example application on members, as the main job looks at it.
import { join, resolve } from 'node:path'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import {
  configMaps,
  customResourceDefinitions,
  deployments,
  pods,
  secrets,
  serviceAccounts,
  services,
} from '@flotilla/machinery/well-known-resources'
import type { Fleet } from './fleet.ts'
import type { Server } from './server.ts'

export const namespace = 'guestbook'
export const manifests = resolve(import.meta.dirname, '../../examples/guestbook')
export const manifest = (file: string): string => join(manifests, file)

const namespaced = (group: string, version: string, plural: string, kind: string): Resource => {
  return { group, version, plural, kind, namespaced: true }
}
export const moderationRules = namespaced('guestbook.example.com', 'v1', 'moderationrules', 'ModerationRule')
export const autoscalers = namespaced('autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler')
const ingresses = namespaced('networking.k8s.io', 'v1', 'ingresses', 'Ingress')
const disruptionBudgets = namespaced('policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget')

/** Everything of the application that belongs on each member. */
export const copies: readonly (readonly [resource: Resource, name: string])[] = [
  [deployments, 'web'],
  [deployments, 'cache'],
  [deployments, 'worker'],
  [services, 'web'],
  [services, 'cache'],
  [configMaps, 'guestbook-config'],
  [secrets, 'guestbook-credentials'],
  [serviceAccounts, 'guestbook'],
  [autoscalers, 'worker'],
  [ingresses, 'web'],
  [disruptionBudgets, 'web'],
  [moderationRules, 'default'],
  [customResourceDefinitions, 'moderationrules.guestbook.example.com'],
]

export const nameOf = ([{ plural }, name]: (typeof copies)[number]): string => `${plural}/${name}`

function findCopy(server: Server, [resource, name]: (typeof copies)[number]): Promise<KubeObject | undefined> {
  return server.find(resource, name, resource.namespaced ? namespace : undefined)
}

/** By `member/plural/name`: the UID of each copy, undefined where there is none. */
export async function uidsOf(fleet: Fleet): Promise<Readonly<Record<string, string | undefined>>> {
  const each = await fleet.each((member) =>
    Promise.all(
      copies.map(async (copy) => {
        const object = await findCopy(member, copy)
        return [`${member.name}/${nameOf(copy)}`, object?.metadata.uid] as const
      }),
    ),
  )
  return Object.fromEntries(each.flat())
}

/** `spec` and `data` of the copies on one member. */
export async function specsOf(server: Server): Promise<Readonly<Record<string, unknown>>> {
  const read = async (copy: (typeof copies)[number]) => {
    const object = await findCopy(server, copy)
    return [nameOf(copy), { spec: object?.['spec'], data: object?.['data'] }] as const
  }
  return Object.fromEntries(await Promise.all(copies.map(read)))
}

/** What `path` of a Deployment is on each member. */
export async function ofDeployment(
  fleet: Fleet,
  name: string,
  ...path: readonly string[]
): Promise<readonly unknown[]> {
  return (await fleet.find(deployments, name, namespace)).map((one) => valueAt(one, ...path) ?? null)
}

export async function replicasOf(fleet: Fleet, name = 'web'): Promise<readonly unknown[]> {
  return ofDeployment(fleet, name, 'spec', 'replicas')
}

export async function readyOf(fleet: Fleet, name = 'web'): Promise<readonly unknown[]> {
  return ofDeployment(fleet, name, 'status', 'readyReplicas')
}

/** Image of the first container on each member. */
export async function imagesOf(fleet: Fleet, name = 'web'): Promise<readonly unknown[]> {
  const found = await fleet.find(deployments, name, namespace)
  return found.map((one) => asDicts(valueAt(one, 'spec', 'template', 'spec', 'containers'))[0]?.['image'] ?? null)
}

/** How many pods of one tier are Ready on each member. */
export function readyPodsOf(fleet: Fleet, tier: string): Promise<readonly number[]> {
  return fleet.each(async ({ api }) => {
    const { items } = await api.list(pods, { namespace, labelSelector: `tier=${tier}` })
    return items.filter((pod) => conditionOf(pod, 'Ready') === 'True').length
  })
}

/** Status of a condition, or another field of it when asked; undefined when it is not there. */
export function conditionOf(object: unknown, type: string, field: 'status' | 'reason' | 'message' = 'status'): unknown {
  const conditions = valueAt(object, 'status', 'conditions')
  if (!Array.isArray(conditions)) return undefined
  return valueAt(
    conditions.find((condition) => valueAt(condition, 'type') === type),
    field,
  )
}
