// Whether an API server can be a hub: our kinds are there, and nobody runs the workloads that are stored in it.
import { crds } from '@flotilla/api/crds'
import { systemNamespace } from '@flotilla/api/group'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { valueAt } from '@flotilla/machinery/untyped'
import { customResourceDefinitions, deployments } from '@flotilla/machinery/well-known-resources'
import type { Env } from '@flotilla/runtime/env'
import { textAt } from '../text-at.ts'

/** A deployment controller looks at a new Deployment within milliseconds. */
const canaryMs = 3_000
const pollMs = 100

/** @throws NotFound naming the kinds that are not installed. */
export async function checkInstalled(hub: KubeApi, server: string): Promise<void> {
  const { items } = await hub.list(customResourceDefinitions)
  const there = new Set(items.map(({ metadata }) => metadata.name))
  const missing = crds.map(({ metadata }) => metadata.name).filter((name) => !there.has(name))
  if (missing.length === 0) return
  const text = `Cannot use ${server} as the hub: these kinds are not installed: ${missing.join(', ')}. Next: flotilla install`
  throw new FlotillaError('NotFound', text)
}

/** @throws Conflict when the API server is that of `flotilla start`, where controllers run already. */
export async function checkForeign(hub: KubeApi, server: string): Promise<void> {
  const { body } = await hub.raw({ path: '/version' })
  if (!textAt(body, ['gitVersion']).endsWith('+flotilla')) return
  const why = 'flotilla start serves it, and runs its controllers itself'
  throw new FlotillaError('Conflict', `Cannot run controllers for ${server}: ${why}. Next: flotilla status`)
}

/** Always the same, so that one that a killed process left behind is found. */
const canaryKey = { namespace: systemNamespace, name: 'flotilla-canary' }
const canaryManager = 'flotilla-canary'
const canaryLabels = { 'flotilla.dev/canary': 'true' }

/**
 * Several processes may check at once: each sees the canary of whoever was first, and deletes what it made itself.
 * @throws Conflict when somebody acts on a Deployment of no replicas: the hub would run the templates itself. Also
 * when somebody else has a Deployment of the canary's name.
 */
export async function checkBare(env: Env, hub: KubeApi, server: string, stopped?: AbortSignal): Promise<void> {
  await removeLeftCanary(hub)
  const made = new Set<string>()
  try {
    for (let waitedMs = 0; waitedMs < canaryMs && stopped?.aborted !== true; waitedMs += pollMs) {
      const canary = await findCanary(hub)
      if (canary === undefined) await createCanary(hub, made)
      else if (valueAt(canary.status, 'observedGeneration') !== undefined) throw notBare(server)
      await env.timers.sleep(pollMs, stopped)
    }
  } finally {
    for (const uid of made) await deleteCanary(hub, uid)
  }
}

/** Of a process that was killed while it checked. Only ours goes: by its label, by its emptiness, by who made it. */
async function removeLeftCanary(hub: KubeApi): Promise<void> {
  const found = await findCanary(hub)
  if (found?.metadata.uid === undefined) return
  const { labels, managedFields = [], uid } = found.metadata
  const isOurs =
    labels?.['flotilla.dev/canary'] === 'true' &&
    valueAt(found.spec, 'replicas') === 0 &&
    managedFields.some(({ manager }) => manager === canaryManager)
  if (isOurs) return deleteCanary(hub, uid)
  const { namespace, name } = canaryKey
  const why = `somebody has a Deployment of the name that the check for other controllers needs`
  throw new FlotillaError('Conflict', `Cannot use Deployment ${namespace}/${name}: ${why}. Next: give it another name`)
}

async function findCanary(hub: KubeApi): Promise<KubeObject | undefined> {
  try {
    return await hub.get(deployments, canaryKey)
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

async function createCanary(hub: KubeApi, made: Set<string>): Promise<void> {
  try {
    const { metadata } = await hub.create(deployments, aCanary, { fieldManager: canaryManager })
    if (metadata.uid !== undefined) made.add(metadata.uid)
  } catch (error) {
    if (!isError(error, 'AlreadyExists')) throw error
  }
}

/** Somebody else may have done it, and made another. */
async function deleteCanary(hub: KubeApi, uid: string): Promise<void> {
  try {
    await hub.delete(deployments, canaryKey, { preconditions: { uid } })
  } catch (error) {
    if (!isError(error, 'NotFound', 'Conflict')) throw error
  }
}

function notBare(server: string): FlotillaError {
  return new FlotillaError(
    'Conflict',
    `Cannot use ${server} as the hub: it runs workloads itself (a deployment controller observed a canary Deployment), ` +
      'so it would run every template too, and overwrite its status. ' +
      'Next: use a bare control plane: of kube-controller-manager only namespace-controller, garbage-collector-controller and serviceaccount-token-controller',
  )
}

const aCanary: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { ...canaryKey, labels: canaryLabels },
  spec: {
    replicas: 0,
    selector: { matchLabels: canaryLabels },
    template: {
      metadata: { labels: canaryLabels },
      spec: { containers: [{ name: 'none', image: 'none.invalid/none' }] },
    },
  },
}
