// What `${…}` in an override's values stands for: facts of the cluster that is rendered for.
import type { Cluster } from '@flotilla/api/cluster'
import { FlotillaError } from '@flotilla/machinery/errors'
import { isObject } from '@flotilla/machinery/json'

/** Values by name: `cluster.name`, `cluster.region`, `cluster.labels.KEY`, `properties.KEY`. */
export type Variables = ReadonlyMap<string, string>

export function variablesOf(cluster: Cluster, properties: Readonly<Record<string, string>> = {}): Variables {
  const labels = Object.entries(cluster.metadata.labels ?? {}).map(([key, value]) => [`cluster.labels.${key}`, value])
  const named = Object.entries(properties).map(([key, value]) => [`properties.${key}`, value])
  return new Map([
    ['cluster.name', cluster.metadata.name],
    ['cluster.region', cluster.spec.region ?? ''],
    ...([...labels, ...named] as [string, string][]),
  ])
}

const reference = /\$\{((?:cluster|properties)\.[^}]*)\}/g

/** `text` with its references resolved. Throws Invalid for one that the cluster has no value for. */
export function resolveText(text: string, variables: Variables): string {
  return text.replaceAll(reference, (whole, name: string) => {
    const value = variables.get(name)
    if (value !== undefined) return value
    const cluster = variables.get('cluster.name')
    throw new FlotillaError('Invalid', `Cannot resolve ${whole}: cluster ${cluster} has no such value`)
  })
}

/** `value` with the references in all of its texts resolved; field names are left alone. */
export function resolveValue(value: unknown, variables: Variables): unknown {
  if (typeof value === 'string') return resolveText(value, variables)
  if (Array.isArray(value)) return value.map((item) => resolveValue(item, variables))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, resolveValue(field, variables)]))
}
