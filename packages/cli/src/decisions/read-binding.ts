// A template that a person names and the bindings that say where it goes.
import { readTemplate as readOf, type TemplateAndBindings } from '@flotilla/control-plane/what-if/template-bindings'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { findKind, parseOne } from '../reach/kinds.ts'

/** From `TYPE/NAME`. @throws NotFound naming the template and where it was looked for. */
export async function readTemplate(
  hub: KubeApi,
  args: readonly string[],
  namespace: string,
): Promise<TemplateAndBindings> {
  const { type, name } = parseOne(args)
  return readOf(hub, await findKind(hub, type, 'the hub'), { name, namespace })
}
