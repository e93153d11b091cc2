// Registers a member and takes it off again: what is created on either side, in an order that a crash leaves harmless.
import { clusterResource } from '@flotilla/api/cluster'
import type { Cluster } from '@flotilla/api/cluster'
import { apiVersion, fieldManager, systemNamespace } from '@flotilla/api/group'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import {
  clusterRoleBindings,
  clusterRoles,
  namespaces,
  secrets,
  serviceAccounts,
} from '@flotilla/machinery/well-known-resources'
import { memberAccount, memberRole, memberRoleBinding, memberServiceAccount, ownedBy } from './member-access.ts'
import { readHubClaim } from '../health/hub-lease.ts'
import { issueToken } from './token.ts'

const joinManager = 'flotilla-join'

/** How members are reached; everything that is no secret of the kubeconfig which a person gave. */
export interface MemberEndpoint {
  readonly server: string
  /** PEM. Without it the system's authorities are trusted. */
  readonly ca?: string
  readonly tlsServerName?: string
  readonly proxyUrl?: string
  /** Typed by a person for this join: stored, and shown as a condition. */
  readonly insecureSkipTlsVerify?: boolean
}

export interface JoinRequest {
  readonly name: string
  readonly hub: KubeApi
  /** With the credentials that the person gave; they are not stored. */
  readonly member: KubeApi
  readonly endpoint: MemberEndpoint
  readonly labels?: Readonly<Record<string, string>>
  readonly region?: string
  readonly provider?: string
  readonly takeOver?: boolean
  /** Only look and say what would be done. */
  readonly dryRun?: boolean
  /** Called before each step with a line for people. */
  readonly onStep?: (text: string) => void
}

/**
 * Joins a cluster and returns it as registered. Joining the same cluster under the same name again renews its
 * credentials and endpoint, and keeps labels, region and provider that are not given now.
 * @throws Conflict when the name belongs to another cluster, the cluster is registered under another name, or another
 * hub manages it and `takeOver` is not set. Nothing has been changed then.
 */
export async function joinCluster(request: JoinRequest): Promise<Cluster> {
  const { name, hub, member, onStep = () => {} } = request
  onStep(`Reading the identity of the cluster at ${request.endpoint.server}`)
  const id = await identityOf(member)
  const registered = await findRegistered(request, id)
  await checkManager(hub, member, request)
  onStep(`Creating ServiceAccount ${systemNamespace}/${memberAccount} and its role on the cluster`)
  const dryRun = request.dryRun === true
  await createAccess(member, dryRun)
  if (dryRun) return registration(request, id, registered)
  onStep('Requesting a token for it')
  const token = await issueToken(member)
  onStep(`Registering Cluster ${name}`)
  await ensure(hub, namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } }, false)
  await apply(hub, secrets, credentials(request, token), false)
  if (registered !== undefined) return renew(hub, registered, registration(request, id))
  return (await apply(hub, clusterResource, registration(request, id), false)) as Cluster
}

/** A patch, since an apply with fewer fields than the one before takes the others away. */
function renew(hub: KubeApi, { metadata }: Cluster, given: Cluster): Promise<Cluster> {
  const { name, uid } = metadata
  const patch = { metadata: { ...given.metadata, ...(uid ? { uid } : {}) }, spec: given.spec }
  return hub.patch<Cluster>(clusterResource, { name }, { type: 'merge', patch }, { fieldManager: joinManager })
}

/** The identity of the cluster behind `api`: the UID of its kube-system namespace. */
export async function identityOf(api: KubeApi): Promise<string> {
  const found = await api.get(namespaces, { name: 'kube-system' })
  if (!found.metadata.uid)
    throw new FlotillaError('Internal', 'Cannot identify the cluster: its kube-system namespace has no UID')
  return found.metadata.uid
}

/** The Cluster of this name and identity, if there is one already. */
async function findRegistered({ hub, name, endpoint }: JoinRequest, id: string): Promise<Cluster | undefined> {
  const { items } = await hub.list<Cluster>(clusterResource)
  const sameName = items.find((cluster) => cluster.metadata.name === name)
  if (sameName && sameName.spec.id !== id) {
    if (sameName.spec.apiEndpoint === endpoint.server) throw replacedCluster(sameName, id)
    throw new FlotillaError(
      'Conflict',
      `Cannot join as ${name}: the name belongs to cluster ${sameName.spec.id}, this one is ${id}. Choose another name, or run flotilla unjoin ${name} first`,
    )
  }
  const sameId = items.find((cluster) => cluster.spec.id === id)
  if (sameId && sameId.metadata.name !== name) {
    throw new FlotillaError(
      'Conflict',
      `Cannot join as ${name}: this cluster (${id}) is registered as ${sameId.metadata.name}. Use that name, or run flotilla unjoin ${sameId.metadata.name} first`,
    )
  }
  return sameName
}

/** A person says that the one that was is gone; what they told of it is to be said again. */
function replacedCluster({ metadata: { name, labels = {} }, spec }: Cluster, id: string): FlotillaError {
  const told = [
    ...(spec.region ? [`--region ${spec.region}`] : []),
    ...(spec.provider ? [`--provider ${spec.provider}`] : []),
    ...Object.entries(labels).map(([key, value]) => `--label ${key}=${value}`),
  ]
  const join = ['flotilla join', name, '--cluster-kubeconfig FILE', ...told].join(' ')
  return new FlotillaError(
    'Conflict',
    `Cannot join as ${name}: cluster ${spec.id} was registered at ${spec.apiEndpoint}, and another answers there, ${id}: ` +
      `it was wiped or replaced. Next: flotilla unjoin ${name} --force, then ${join}`,
  )
}

async function checkManager(hub: KubeApi, member: KubeApi, request: JoinRequest): Promise<void> {
  const claim = await readHubClaim(member)
  if (claim === undefined || request.takeOver === true) return
  const own = await identityOf(hub)
  if (claim.hubId === own) return
  throw new FlotillaError(
    'Conflict',
    `Cannot join ${request.name}: it is managed by another hub, ${claim.hubId}. Run flotilla unjoin there, or add --take-over if that hub is gone`,
  )
}

async function createAccess(member: KubeApi, dryRun: boolean): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } }
  await ensure(member, namespaces, namespace, dryRun)
  const binding = await apply(member, clusterRoleBindings, memberRoleBinding, dryRun)
  if (dryRun) {
    // The namespace may not exist yet, and the binding has no UID: only the role can be tried.
    await apply(member, clusterRoles, memberRole, dryRun)
    return
  }
  await apply(member, clusterRoles, ownedBy(binding, memberRole), dryRun)
  await apply(member, serviceAccounts, ownedBy(binding, memberServiceAccount), dryRun)
}

/** What is given, on top of what is `registered`. */
function registration(request: JoinRequest, id: string, registered?: Cluster): Cluster {
  const { name, endpoint } = request
  const { region = registered?.spec.region, provider = registered?.spec.provider } = request
  const labels = { ...registered?.metadata.labels, ...request.labels }
  return {
    apiVersion,
    kind: 'Cluster',
    metadata: { name, ...(Object.keys(labels).length > 0 ? { labels } : {}) },
    spec: {
      id,
      mode: 'Direct',
      apiEndpoint: endpoint.server,
      secretRef: { name },
      ...(region ? { region } : {}),
      ...(provider ? { provider } : {}),
    },
  }
}

function credentials({ name, endpoint }: JoinRequest, token: string): KubeObject {
  const data: Record<string, string | undefined> = {
    token,
    'ca.crt': endpoint.ca,
    'tls-server-name': endpoint.tlsServerName,
    'proxy-url': endpoint.proxyUrl,
    'insecure-skip-tls-verify': endpoint.insecureSkipTlsVerify === true ? 'true' : undefined,
  }
  const stringData = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace: systemNamespace },
    type: 'Opaque',
    stringData,
  }
}

/** Creates `object` unless there is one of its name, which stays as it is. */
async function ensure(api: KubeApi, resource: Resource, object: KubeObject, dryRun: boolean): Promise<void> {
  try {
    await api.create(resource, object, { dryRun, fieldManager })
  } catch (error) {
    if (!isError(error, 'AlreadyExists')) throw error
  }
}

async function apply(api: KubeApi, resource: Resource, object: KubeObject, dryRun: boolean): Promise<KubeObject> {
  return (await api.apply(resource, object, { fieldManager: joinManager, force: true, dryRun })).object
}
