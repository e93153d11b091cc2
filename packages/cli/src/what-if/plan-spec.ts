// What is asked of a plan: objects in files, the documents of kind Plan and the flags, put together. Pure.
import { apiVersion } from '@flotilla/api/group'
import type { PlanSpec } from '@flotilla/api/plan'
import type { ObjectRef } from '@flotilla/api/review'
import { readPlanSpec } from '@flotilla/control-plane/what-if/plan-spec'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { PlanFlags } from '../commands/plan.ts'

export function isPlan({ kind, apiVersion: version }: KubeObject): boolean {
  return kind === 'Plan' && version === apiVersion
}

export interface PlanParts {
  readonly documents: readonly KubeObject[]
  readonly plans: readonly KubeObject[]
  readonly flags: PlanFlags
  /** Names of the clusters that `-C` means. */
  readonly chosen: readonly string[] | undefined
  /** What `--remove` means. */
  readonly removed: readonly ObjectRef[]
}

/** Throws Invalid for a document that is no Plan, and for flags that do not go together. */
export function joinSpecs({ documents, plans, flags, chosen, removed }: PlanParts): PlanSpec {
  const files: PlanSpec =
    documents.length === 0 ? {} : { apply: documents as readonly object[] as PlanSpec['apply'] & {} }
  const gone: PlanSpec = removed.length === 0 ? {} : { remove: removed }
  return [files, gone, ...plans.map(readPlanSpec), specOfFlags(flags, chosen)].reduce(join, {})
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
