// What every verb needs at hand.
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import { timestamp } from '@flotilla/runtime/timestamp'
import type { Env } from '@flotilla/runtime/env'
import type { Admission } from '../admission.ts'
import type { EditableCatalog } from '../catalog.ts'
import { rulesFor } from '../kinds/all-kinds.ts'
import type { KindRules, RuleContext } from '../kinds/rules.ts'
import type { RequestContext } from '../operations.ts'
import type { ServedResource } from '../served-resource.ts'
import { storedApiVersion } from '../storage-forms.ts'
import type { Store } from '../store/store.ts'

export interface Core {
  readonly env: Env
  readonly store: Store
  readonly catalog: EditableCatalog
  readonly admission: Admission
}

/** One write on its way: who, to what, with which options. */
export interface WriteRequest {
  readonly core: Core
  readonly context: RequestContext
  readonly resource: ServedResource
  /** `resource` in the version that is stored: its schema and rules decide. */
  readonly stored: ServedResource
  readonly rules: KindRules
  readonly rule: RuleContext
  readonly manager: string
  readonly dryRun: boolean
  readonly fieldValidation: 'Strict' | 'Warn' | 'Ignore'
  readonly subresource?: string
}

interface Options {
  readonly dryRun?: boolean
  readonly fieldManager?: string
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore'
  readonly subresource?: string
}

export function writeRequest(
  core: Core,
  context: RequestContext,
  resource: ServedResource,
  options: Options,
): WriteRequest {
  const { subresource } = options
  return {
    core,
    context,
    resource,
    stored: core.catalog.findKind(storedApiVersion(resource), resource.kind) ?? resource,
    rules: rulesFor(resource),
    rule: { env: core.env, store: core.store, now: timestamp(core.env.clock.now()), user: context.user.name },
    manager: options.fieldManager ?? 'unknown',
    dryRun: options.dryRun ?? false,
    fieldValidation: options.fieldValidation ?? 'Warn',
    ...(subresource === undefined || subresource === '' ? {} : { subresource }),
  }
}

export function keyOfObject(object: KubeObject): ObjectKey {
  const { name, namespace } = object.metadata
  return namespace ? { name, namespace } : { name }
}
