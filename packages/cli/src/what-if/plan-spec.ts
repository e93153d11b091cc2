// What is asked of a plan beside objects: the documents of kind Plan and the flags, put together. Pure.
import { toOpenApi } from '@flotilla/api/crd'
import { apiVersion } from '@flotilla/api/group'
import { type PlanSpec, planSpecSchema } from '@flotilla/api/plan'
import { FlotillaError } from '@flotilla/machinery/errors'
import { formatCauses } from '@flotilla/machinery/field-error'
import type { KubeObject } from '@flotilla/machinery/object'
import { unknownFields } from '@flotilla/machinery/prune'
import type { KindSchema } from '@flotilla/machinery/schema'
import { validateValue } from '@flotilla/machinery/validate'
import type { PlanFlags } from '../commands/plan.ts'

const schema: KindSchema = { root: toOpenApi(planSpecSchema), resolve: () => undefined }

export function isPlan({ kind, apiVersion: version }: KubeObject): boolean {
  return kind === 'Plan' && version === apiVersion
}

/**
 * Throws Invalid for a document that is no Plan, and for flags that do not go together. `chosen`: names of the clusters
 * that `-C` means.
 */
export function joinSpecs(
  documents: readonly KubeObject[],
  flags: PlanFlags,
  chosen: readonly string[] | undefined,
): PlanSpec {
  return [...documents.map(specOf), specOfFlags(flags, chosen)].reduce(join, {})
}

export function isEmpty(spec: PlanSpec): boolean {
  return Object.values(spec).every((entries) => entries.length === 0)
}

function specOf(document: KubeObject): PlanSpec {
  const spec = document['spec'] ?? {}
  const unknown = unknownFields(schema, spec)
  const causes = validateValue(schema, spec, { path: 'spec', checkListTypes: true })
  if (unknown.length === 0 && causes.length === 0) return spec
  const why = unknown.length > 0 ? unknown.join(', ') : formatCauses(causes)
  throw new FlotillaError('Invalid', `Cannot read the Plan: ${why}. Next: docs/reference/plan.md has its fields`)
}

function specOfFlags(
  { lose, drain, like, as, load, prices, namespace, selector }: PlanFlags,
  chosen: readonly string[] | undefined,
): PlanSpec {
  if ((like === undefined) !== (as === undefined)) {
    throw new FlotillaError(
      'Invalid',
      'Cannot add a cluster: --like names one that it is like, --as its own name; both are needed',
    )
  }
  if (selector !== undefined && load === undefined) {
    throw new FlotillaError(
      'Invalid',
      `Cannot use the selector ${selector}: it says whose load changes, and --load is not given`,
    )
  }
  if (chosen !== undefined && prices === undefined) {
    throw new FlotillaError(
      'Invalid',
      'Cannot use -C: it says on which clusters prices change, and --prices is not given',
    )
  }
  const where = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(selector === undefined ? {} : { selector }),
  }
  return {
    ...(lose === undefined ? {} : { lose: splitNames(lose) }),
    ...(drain === undefined ? {} : { drain: splitNames(drain) }),
    ...(like === undefined || as === undefined ? {} : { add: [{ name: as, like }] }),
    ...(load === undefined ? {} : { load: [{ factor: load, ...where }] }),
    ...(prices === undefined ? {} : { prices: [{ factor: prices, ...(chosen && { clusters: chosen }) }] }),
  }
}

function splitNames(given: readonly string[]): readonly string[] {
  return [...new Set(given.flatMap((names) => names.split(',')).filter((name) => name !== ''))]
}

function join(one: PlanSpec, other: PlanSpec): PlanSpec {
  const lists = { ...one } as Record<string, readonly unknown[]>
  for (const [field, entries] of Object.entries(other)) lists[field] = [...(lists[field] ?? []), ...entries]
  return lists
}
