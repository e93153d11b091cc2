// Reads what a member says of itself in ClusterProperties (about.k8s.io) that placement knows.
import type { ClusterProperty } from '@flotilla/api/cluster'
import { complianceTopics } from '@flotilla/api/compliance'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Resource } from '@flotilla/machinery/resource'
import { valueAt } from '@flotilla/machinery/untyped'
import { isAbsence } from '../../absence.ts'

export const clusterProperties: Resource = {
  group: 'about.k8s.io',
  version: 'v1alpha1',
  plural: 'clusterproperties',
  kind: 'ClusterProperty',
  namespaced: false,
}

const names = Object.values(complianceTopics).sort()
const maxValues = 64
const maxLength = 63

/**
 * By name; each is read by itself, so that nothing else on the member crowds it out. Never throws: a member without
 * the CRD or without the right to read has none. One that was there in `before` and cannot be read now stays, marked
 * as unread, until the member says of the very object that it is not there.
 */
export async function readProperties(
  api: KubeApi,
  before: readonly ClusterProperty[] | undefined,
  signal: AbortSignal,
): Promise<readonly ClusterProperty[]> {
  const found = await Promise.all(names.map((name) => readProperty(api, name, before, signal)))
  return found.flatMap((property) => property ?? [])
}

async function readProperty(
  api: KubeApi,
  name: string,
  before: readonly ClusterProperty[] = [],
  signal: AbortSignal,
): Promise<ClusterProperty | undefined> {
  try {
    const value = valueAt(await api.get(clusterProperties, { name }, { signal }), 'spec', 'value')
    return { name, values: listed(typeof value === 'string' ? value : '') }
  } catch (error) {
    const known = isAbsence(error) ? undefined : before.find((property) => property.name === name)
    return known && { ...known, unread: true }
  }
}

/** Dropping some can only take from what the member is cleared for. */
function listed(value: string): readonly string[] {
  const items = value.split(',').map((item) => item.trim())
  return [...new Set(items.filter((item) => item !== '' && item.length <= maxLength))].slice(0, maxValues).sort()
}
