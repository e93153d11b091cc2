// Whether an API server can be a hub: our kinds are there, and nobody runs the workloads that are stored in it.
import { crds } from '@flotilla/api/crds'
import { systemNamespace } from '@flotilla/api/group'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { valueAt } from '@flotilla/machinery/untyped'
import { customResourceDefinitions, deployments } from '@flotilla/machinery/well-known-resources'
import type { Env } from '@flotilla/runtime/env'

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

/** @throws Conflict when somebody acts on a Deployment of no replicas: the hub would run the templates itself. */
export async function checkBare(env: Env, hub: KubeApi, server: string): Promise<void> {
  const canary = await hub.create(deployments, aCanary(env), { fieldManager: 'flotilla-canary' })
  try {
    for (let waitedMs = 0; waitedMs < canaryMs; waitedMs += pollMs) {
      await env.timers.sleep(pollMs)
      const { status } = await hub.get(deployments, canary.metadata)
      if (valueAt(status, 'observedGeneration') !== undefined) throw notBare(server)
    }
  } finally {
    await hub.delete(deployments, canary.metadata).catch((error: unknown) => {
      if (!isError(error, 'NotFound')) throw error
    })
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

function aCanary(env: Env): KubeObject {
  const labels = { 'flotilla.dev/canary': 'true' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `flotilla-canary-${env.uuid().slice(0, 8)}`, namespace: systemNamespace },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'none', image: 'none.invalid/none' }] } },
    },
  }
}
