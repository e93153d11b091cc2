// Replays what a real kube-apiserver answered to applies, updates and patches (apply.fixtures.json): each step is
// done to the server's own object before it, and must give the server's managedFields and object.
import { describe, expect, it } from 'vitest'
import fixtures from './apply.fixtures.json' with { type: 'json' }
import { applyObject, trackUpdate } from './apply.ts'
import { builtinKindSchema } from './builtin-kinds.ts'
import { isError, type StatusCause } from './errors.ts'
import { fieldSetOfNames, type FieldSet } from './field-set.ts'
import type { JsonObject } from './json-value.ts'
import type { KubeObject, ManagedFieldsEntry } from './object.ts'
import type { KindSchema, Schema } from './schema.ts'
import { applyStrategicMergePatch } from './strategic-merge-patch.ts'

interface Step {
  readonly do: 'create' | 'apply' | 'merge' | 'strategic' | 'put'
  readonly manager: string
  readonly force?: boolean
  readonly subresource?: string
  readonly body?: KubeObject
  /** Fields of spec that the server set after it had noted who owns what. */
  readonly untracked?: readonly string[]
  readonly answer: KubeObject | Failure
}

interface Failure {
  readonly error: { readonly message: string; readonly causes?: readonly StatusCause[] }
}

const schemas: Readonly<Record<string, KindSchema>> = {
  ConfigMap: builtinKindSchema('io.k8s.api.core.v1.ConfigMap'),
  Deployment: builtinKindSchema('io.k8s.api.apps.v1.Deployment'),
  Pod: builtinKindSchema('io.k8s.api.core.v1.Pod'),
  Service: builtinKindSchema('io.k8s.api.core.v1.Service'),
  Widget: { root: fixtures.widgetSchema as unknown as Schema, resolve: () => undefined },
}

/** Fields that the server completes after a patch or apply: defaults and what it numbers itself. */
const completed = new Set(
  `
  uid resourceVersion generation creationTimestamp managedFields status resources terminationMessagePath
  terminationMessagePolicy imagePullPolicy restartPolicy dnsPolicy terminationGracePeriodSeconds securityContext
  schedulerName replicas strategy revisionHistoryLimit progressDeadlineSeconds protocol targetPort clusterIP
  clusterIPs type sessionAffinity ipFamilies ipFamilyPolicy internalTrafficPolicy externalTrafficPolicy
  defaultMode tolerations serviceAccount serviceAccountName volumes volumeMounts enableServiceLinks
  preemptionPolicy priority lastProbeTime lastTransitionTime qosClass phase
`.match(/\w+/g),
)

const resetOn: Readonly<Record<string, FieldSet>> = {
  '': fieldSetOfNames(['status']),
  status: fieldSetOfNames(['spec', 'metadata.labels', 'metadata.finalizers', 'metadata.ownerReferences']),
}

describe.each(fixtures.scenarios)('$name', ({ kind, steps }) => {
  let live: KubeObject | undefined
  for (const [index, step] of (steps as unknown as Step[]).entries()) {
    const before = live
    it(`step ${index}: ${step.do} by ${step.manager} is answered as kube-apiserver does`, () => {
      expect(outcomeOf(step, before, kind, index)).toEqual(wantedOf(step))
    })
    if (!isFailure(step.answer)) live = step.answer
  }
})

interface Outcome {
  readonly error?: { readonly message?: string; readonly causes?: unknown }
  readonly managedFields?: readonly ManagedFieldsEntry[] | undefined
  /** The texts of all fieldsV1: their order counts. */
  readonly fields?: readonly string[] | undefined
  readonly differences?: readonly string[]
}

function wantedOf(step: Step): Outcome {
  if (!isFailure(step.answer)) return { ...outcomeOfObject(step.answer), differences: [] }
  const { message, causes } = step.answer.error
  return { error: step.do === 'strategic' ? {} : { message, causes } }
}

function outcomeOf(step: Step, live: KubeObject | undefined, kind: string, index: number): Outcome {
  try {
    const patched = step.do === 'strategic' ? patch(step, live, kind) : undefined
    if (isFailure(step.answer)) return outcomeOfObject(carryOut(step, live, kind, index))
    const got = carryOut(step, live, kind, index, step.answer)
    return { ...outcomeOfObject(got), differences: differences(patched ?? got, step.answer) }
  } catch (error) {
    if (!isError(error, 'BadRequest', 'Conflict', 'Unknown')) throw error
    return { error: step.do === 'strategic' ? {} : { message: error.message, causes: error.details.causes } }
  }
}

function outcomeOfObject({ metadata: { managedFields } }: KubeObject): Outcome {
  return { managedFields, fields: managedFields?.map((entry) => JSON.stringify(entry.fieldsV1)) }
}

function isFailure(answer: Step['answer']): answer is Failure {
  return 'error' in answer
}

function carryOut(
  { do: verb, manager, subresource, body, force = false, untracked = [] }: Step,
  live: KubeObject | undefined,
  kind: string,
  index: number,
  answer?: KubeObject,
): KubeObject {
  const request = {
    ...(live === undefined ? {} : { live }),
    schema: schemas[kind] as KindSchema,
    manager,
    time: `2026-01-01T00:00:${String(index).padStart(2, '0')}Z`,
    ...(subresource === undefined ? {} : { subresource }),
    ...(kind === 'ConfigMap' ? {} : { resetFields: resetOn[subresource ?? ''] as FieldSet }),
  }
  if (verb === 'apply') return applyObject({ ...request, applied: body as KubeObject, force })
  const { managedFields: _, ...metadata } = (answer as KubeObject).metadata
  const stated = body?.metadata?.managedFields
  const updated: KubeObject = {
    ...(answer as KubeObject),
    metadata: stated ? { ...metadata, managedFields: stated } : metadata,
  }
  if (untracked.length === 0) return trackUpdate({ ...request, updated })
  const spec = Object.fromEntries(Object.entries(updated.spec as object).filter(([name]) => !untracked.includes(name)))
  return trackUpdate({ ...request, updated: { ...updated, spec } })
}

function patch({ body }: Step, live: KubeObject | undefined, kind: string): JsonObject {
  return applyStrategicMergePatch(live as KubeObject, body as KubeObject, schemas[kind] as KindSchema)
}

/** Where `got` is not what the server has, beside what it completes and what says nothing: null and empty. */
function differences(got: unknown, want: unknown, path = ''): string[] {
  const isSame = Array.isArray(got) && Array.isArray(want) ? got.length === want.length : true
  if (isSame && typeof got === 'object' && typeof want === 'object' && got !== null && want !== null) {
    const names = new Set([...Object.keys(got), ...Object.keys(want)])
    return [...names].flatMap((name) => fieldDifferences(got as JsonObject, want as JsonObject, name, path))
  }
  return got === want ? [] : [`${path}: got ${JSON.stringify(got)}, want ${JSON.stringify(want)}`]
}

function fieldDifferences(got: JsonObject, want: JsonObject, name: string, path: string): string[] {
  if (got[name] === undefined && completed.has(name)) return []
  if (want[name] === undefined && saysNothing(got[name])) return []
  if (name === 'generation' || name === 'managedFields') return []
  return differences(got[name], want[name], `${path}.${name}`)
}

function saysNothing(value: unknown): boolean {
  return value === null || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)
}
