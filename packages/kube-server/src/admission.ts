// Hooks that may change or refuse a write, after defaulting and before validation, in their given order.
import type { KubeObject } from '@flotilla/machinery/object'
import type { UserInfo } from './operations.ts'
import type { ServedResource } from './served-resource.ts'

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly resource: ServedResource
  readonly subresource?: string
  /** Absent on DELETE. */
  readonly object?: KubeObject
  /** Absent on CREATE. */
  readonly oldObject?: KubeObject
  readonly user: UserInfo
  readonly dryRun: boolean
}

export interface AdmissionAnswer {
  /** Instead of `request.object`. */
  readonly object?: KubeObject
  readonly warnings?: readonly string[]
}

export interface AdmissionHook {
  readonly name: string
  matches(request: AdmissionRequest): boolean
  /** Throws FlotillaError (Forbidden, Invalid …) to refuse. */
  admit(request: AdmissionRequest): AdmissionAnswer | void | Promise<AdmissionAnswer | void>
}

export type Admission = readonly AdmissionHook[]

/** The object to go on with; warnings go to `warn`. */
export async function admit(
  hooks: Admission,
  request: AdmissionRequest,
  warn: (text: string) => void,
): Promise<KubeObject | undefined> {
  let current = request
  for (const hook of hooks) {
    if (!hook.matches(current)) continue
    const answer = await hook.admit(current)
    for (const warning of answer?.warnings ?? []) warn(warning)
    if (answer?.object !== undefined) current = { ...current, object: answer.object }
  }
  return current.object
}
