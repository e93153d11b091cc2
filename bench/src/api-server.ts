// API servers as a benchmark sees them.
import { readFileSync } from 'node:fs'
import { createKubeClient, type KubeClient } from '@flotilla/kube-client/client'
import { resolveKubeAccess } from '@flotilla/kube-client/kube-access'
import { parseKubeconfig } from '@flotilla/kube-client/kubeconfig'
import { createRequestBudget } from '@flotilla/kube-client/request-budget'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import { createRealEnv } from '@flotilla/runtime/real-env'

export const env = createRealEnv({ logLevel: 'silent' })

/** No budget of our own: the benchmark is to be the faster one. */
export async function connectBy(kubeconfig: string): Promise<KubeClient> {
  const access = await resolveKubeAccess(parseKubeconfig(readFileSync(kubeconfig, 'utf8')), { env })
  const budget = createRequestBudget({ env, perSecond: 100_000 })
  return createKubeClient({ env, ...access, budget, userAgent: 'flotilla-bench' })
}

export async function ensureNamespace(api: KubeApi, name: string): Promise<void> {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
  await api.create(namespaces, namespace).catch((error: unknown) => {
    if (!isError(error, 'AlreadyExists')) throw error
  })
}

/** All objects of a kind, page by page. */
export async function listAll(api: KubeClient, resource: Resource, namespace?: string): Promise<readonly KubeObject[]> {
  const items: KubeObject[] = []
  const where = { limit: 500, ...(namespace === undefined ? {} : { namespace }) }
  let page = await api.list(resource, where)
  items.push(...page.items)
  while (page.continue) {
    page = await api.list(resource, { ...where, continue: page.continue })
    items.push(...page.items)
  }
  return items
}
