// Which resource a person means by `deploy`, `deployments.apps` or `Deployment`.
import { discover } from '@flotilla/machinery/discovery'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Resource } from '@flotilla/machinery/resource'

type Short = readonly [
  group: string,
  version: string,
  plural: string,
  kind: string,
  isNamespaced: boolean,
  ...names: string[],
]

/** The same on every cluster: no need to ask one. */
const common: readonly Short[] = [
  ['', 'v1', 'pods', 'Pod', true, 'po'],
  ['', 'v1', 'services', 'Service', true, 'svc'],
  ['', 'v1', 'configmaps', 'ConfigMap', true, 'cm'],
  ['', 'v1', 'secrets', 'Secret', true],
  ['', 'v1', 'namespaces', 'Namespace', false, 'ns'],
  ['', 'v1', 'nodes', 'Node', false, 'no'],
  ['', 'v1', 'events', 'Event', true, 'ev'],
  ['', 'v1', 'serviceaccounts', 'ServiceAccount', true, 'sa'],
  ['', 'v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', true, 'pvc'],
  ['', 'v1', 'persistentvolumes', 'PersistentVolume', false, 'pv'],
  ['apps', 'v1', 'deployments', 'Deployment', true, 'deploy'],
  ['apps', 'v1', 'replicasets', 'ReplicaSet', true, 'rs'],
  ['apps', 'v1', 'statefulsets', 'StatefulSet', true, 'sts'],
  ['apps', 'v1', 'daemonsets', 'DaemonSet', true, 'ds'],
  ['batch', 'v1', 'jobs', 'Job', true],
  ['batch', 'v1', 'cronjobs', 'CronJob', true, 'cj'],
  ['autoscaling', 'v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler', true, 'hpa'],
  ['networking.k8s.io', 'v1', 'ingresses', 'Ingress', true, 'ing'],
  ['networking.k8s.io', 'v1', 'networkpolicies', 'NetworkPolicy', true, 'netpol'],
  ['policy', 'v1', 'poddisruptionbudgets', 'PodDisruptionBudget', true, 'pdb'],
]

/** Their names, as people give them. */
export const commonTypes: readonly string[] = common.map(([, , plural]) => plural)

const byName = new Map(
  common.flatMap(([group, version, plural, kind, namespaced, ...short]) => {
    const resource: Resource = { group, version, plural, kind, namespaced }
    const names = [plural, kind.toLowerCase(), ...short]
    const full = group === '' ? [] : [`${plural}.${group}`, `${kind.toLowerCase()}.${group}`]
    return [...names, ...full].map((name) => [name, resource] as const)
  }),
)

export const horizontalPodAutoscalers = byName.get('hpa') as Resource

/** A kind that people name often, without asking anybody. */
export function commonKind(type: string): Resource | undefined {
  return byName.get(type.toLowerCase())
}

/** @throws NotFound when the server behind `api` serves nothing of that name. */
export async function findKind(api: KubeApi, type: string, where: string): Promise<Resource> {
  const known = commonKind(type)
  if (known !== undefined) return known
  const wanted = type.toLowerCase()
  const dot = wanted.indexOf('.')
  const [name, group] = dot < 0 ? [wanted, undefined] : [wanted.slice(0, dot), wanted.slice(dot + 1)]
  const { resources } = await discover(api)
  const found = resources.find(
    (one) =>
      (group === undefined || one.group === group) &&
      (one.plural === name ||
        one.singular === name ||
        one.kind.toLowerCase() === name ||
        one.shortNames.includes(name)),
  )
  if (found !== undefined) return found
  throw new FlotillaError(
    'NotFound',
    `Cannot find the kind ${type}: ${where} does not serve it. Next: kubectl api-resources`,
  )
}

export interface Target {
  readonly type: string
  readonly names: readonly string[]
}

/** Reads `TYPE`, `TYPE NAME…` and `TYPE/NAME…`. Throws Invalid for a mixture. */
export function parseTarget(args: readonly string[]): Target {
  const [first = '', ...rest] = args
  if (first === '' || first.startsWith('/')) throw unreadable(args, 'it names no type, such as pods')
  if (first.includes(',') || first === 'all') throw unreadable(args, 'it needs one type at a time, such as pods')
  if (!first.includes('/')) {
    const odd = rest.find((name) => name.includes('/'))
    if (odd !== undefined) throw unreadable(args, `${odd} names a type again`)
    return { type: first, names: rest }
  }
  const pairs = args.map((arg) => arg.split('/'))
  const [[type = '']] = pairs as [string[]]
  if (pairs.some((pair) => pair.length !== 2 || pair[0] !== type || pair[1] === '')) {
    throw unreadable(args, 'it is not TYPE, TYPE NAME or TYPE/NAME, all of one type')
  }
  return { type, names: pairs.map(([, name = '']) => name) }
}

/** Exactly one object. */
export function parseOne(args: readonly string[]): { readonly type: string; readonly name: string } {
  const { type, names } = parseTarget(args)
  const [name, ...others] = names
  if (name === undefined || others.length > 0) throw unreadable(args, 'it needs one object, as TYPE/NAME')
  return { type, name }
}

function unreadable(args: readonly string[], why: string): FlotillaError {
  return new FlotillaError('Invalid', `Cannot read ${args.join(' ')}: ${why}`)
}
