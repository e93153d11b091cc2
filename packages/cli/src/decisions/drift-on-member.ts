// Fields that differ on one member from what is stated there.
import { withoutMarks } from '@flotilla/control-plane/delivery/marks'
import type { KubeClient } from '@flotilla/kube-client/client'
import { driftOf, type FieldDrift } from '@flotilla/control-plane/delivery/drift'
import { builtinSchemaOf } from '@flotilla/control-plane/members/member-kinds'
import type { TemplateAndBindings } from '@flotilla/control-plane/what-if/template-bindings'
import type { KubeObject } from '@flotilla/machinery/object'
import { apiVersionOf } from '@flotilla/machinery/resource'
import type { FleetMember } from '../reach/fleet.ts'
import { titleOf, untyped, type Renderer, type RenderedOn } from './rendering.ts'

export interface Drifted extends FieldDrift {
  readonly object: string
  readonly cluster: string
}

/** How many objects of one member are read at once. */
const concurrency = 16

/** `look` at each of `templates` that is placed on the member. */
export async function lookAtPlaced<T>(
  renderer: Renderer,
  templates: readonly TemplateAndBindings[],
  member: FleetMember,
  api: KubeClient,
  look: (template: KubeObject, placed: RenderedOn) => readonly T[],
): Promise<readonly T[]> {
  const found: T[] = []
  for (let start = 0; start < templates.length; start += concurrency) {
    const batch = templates.slice(start, start + concurrency)
    const parts = await Promise.all(
      batch.map(async (from) => {
        const placed = await renderer.render(from, member, api)
        return placed === undefined ? [] : look(from.template, placed)
      }),
    )
    found.push(...parts.flat())
  }
  return found
}

export function driftIn(
  template: KubeObject,
  { cluster, rendered, kind, settings, live }: RenderedOn,
): readonly Drifted[] {
  const object = titleOf(template)
  if (live === undefined) {
    return [{ object, cluster, path: '', wanted: 'the object', found: undefined, manager: undefined, since: undefined }]
  }
  const schema = kind.schema ?? builtinSchemaOf(apiVersionOf(kind.resource), kind.resource.kind) ?? untyped
  const fields = driftOf(withoutMarks(rendered.object), live, schema, settings.ignoreFields)
  return fields.map((field) => ({ object, cluster, ...field }))
}
