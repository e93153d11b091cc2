// render(): what one cluster shall hold of one template. Pure; the rules are in delivery.md, "Render".
import { generationAnnotation, hubLabel, isOurKey, templateAnnotation } from '@flotilla/api/group'
import type { Cluster } from '@flotilla/api/cluster'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { apiVersionOf, type Resource } from '@flotilla/machinery/resource'
import type { KindSchema } from '@flotilla/machinery/schema'
import { applyRules, type MatchedRule, type OverrideChange } from './overrides.ts'
import { onlyServedFields } from './served.ts'
import { statedTemplate } from './stated.ts'

/** How a member serves a kind. */
export interface ServedKind {
  /** In the version that is spoken with the member. */
  readonly resource: Resource
  /** From the member's OpenAPI; none when it could not be read: then no field is dropped. */
  readonly schema?: KindSchema | undefined
}

export interface RenderInput {
  /** As the hub holds it, managedFields included. */
  readonly template: KubeObject
  /** The hub's own schema of the kind, with its defaults. */
  readonly hubSchema?: KindSchema | undefined
  readonly hubId: string
  readonly cluster: Cluster
  readonly rules: readonly MatchedRule[]
  /** Sets the cluster's share of replicas, or leaves them unsaid. */
  readonly divide?: ((object: KubeObject) => KubeObject) | undefined
  readonly served: ServedKind
}

export interface Rendered {
  /** What we state, our label and annotations included but for the hash of it all. */
  readonly object: KubeObject
  readonly changes: readonly OverrideChange[]
  /** Paths that the member's version of the kind does not have. */
  readonly fieldsDropped: readonly string[]
}

/** Throws Invalid when an override cannot be carried out. */
export function render({ template, hubSchema, hubId, cluster, rules, divide, served }: RenderInput): Rendered {
  const stated = statedTemplate(template, hubSchema)
  const divided = divide ? divide(stated) : stated
  const overridden = applyRules(divided, rules, cluster)
  const spoken = { ...overridden.object, apiVersion: apiVersionOf(served.resource) }
  const { object, dropped } = served.schema ? onlyServedFields(spoken, served.schema) : { object: spoken, dropped: [] }
  return {
    object: withOurMarks(object, template, hubId),
    changes: overridden.changes,
    fieldsDropped: dropped,
  }
}

function withOurMarks(object: KubeObject, template: KubeObject, hubId: string): KubeObject {
  const { uid, generation } = template.metadata
  if (uid === undefined) {
    throw new FlotillaError('Internal', `Cannot render ${template.kind} ${template.metadata.name}: it has no UID`)
  }
  const labels = { ...notOurs(object.metadata.labels), [hubLabel]: hubId }
  const annotations = {
    ...notOurs(object.metadata.annotations),
    [templateAnnotation]: uid,
    // Kinds without a generation never wait for one.
    [generationAnnotation]: String(generation ?? 0),
  }
  return { ...object, metadata: { ...object.metadata, labels, annotations } }
}

function notOurs(entries: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([key]) => !isOurKey(key)))
}
