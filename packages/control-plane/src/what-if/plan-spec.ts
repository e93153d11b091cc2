// What a Plan asks, read from a document or a request. Pure.
import { toOpenApi } from '@flotilla/api/crd'
import { type PlanSpec, planSpecSchema } from '@flotilla/api/plan'
import { FlotillaError } from '@flotilla/machinery/errors'
import { isObject } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDict } from '@flotilla/machinery/untyped'
import type { KindSchema } from '@flotilla/machinery/schema'
import { readSpec } from './read-spec.ts'

const schema: KindSchema = { root: toOpenApi(planSpecSchema), resolve: () => undefined }

/** Throws Invalid naming the fields that are wrong. */
export function readPlanSpec(document: KubeObject): PlanSpec {
  const spec = readSpec<PlanSpec>(document, schema)
  objectsOf(spec)
  return spec
}

/** Objects to be applied. Throws Invalid for one that says no apiVersion, kind or name. */
export function objectsOf({ apply = [] }: PlanSpec): readonly KubeObject[] {
  for (const [index, { apiVersion, kind, metadata }] of apply.entries()) {
    const isNamed = isObject(metadata) && typeof asDict(metadata)['name'] === 'string'
    if (typeof apiVersion === 'string' && typeof kind === 'string' && isNamed) continue
    const why = 'it is no object that can be applied: apiVersion, kind and metadata.name are needed'
    throw new FlotillaError('Invalid', `Cannot read the Plan: spec.apply[${index}]: ${why}`)
  }
  return apply as readonly unknown[] as readonly KubeObject[]
}
