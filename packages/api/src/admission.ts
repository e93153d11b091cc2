// Admission of our kinds: defaults, schema, rules, and who wrote a policy. Pure, so that the embedded server, the
// webhooks of another kube-apiserver and the controllers all ask the same.
import type { StatusCause } from '@flotilla/machinery/errors'
import { applyDefaults } from '@flotilla/machinery/defaults'
import { invalidObject } from '@flotilla/machinery/field-error'
import { deepEqual, without } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import type { KindSchema } from '@flotilla/machinery/schema'
import { validateValue } from '@flotilla/machinery/validate'
import { checkCluster } from './admission/cluster.ts'
import { checkCarbonSheet, checkPriceSheet, checkTrafficProfile } from './admission/costs.ts'
import { checkInterpreter } from './admission/interpreter.ts'
import { checkOverride } from './admission/override.ts'
import { checkPropagation } from './admission/propagation.ts'
import type { Rule, RuleOptions } from './admission/rule.ts'
import { checkScorer } from './admission/scorer.ts'
import { carbonSheetKind } from './carbon-sheet.ts'
import { clusterKind } from './cluster.ts'
import { openApiOf } from './crd.ts'
import { authorAnnotation } from './group.ts'
import { interpreterKind } from './interpreter.ts'
import type { KindDefinition } from './kind.ts'
import { clusterOverridePolicyKind, overridePolicyKind } from './override-policy.ts'
import { priceSheetKind } from './price-sheet.ts'
import { clusterPropagationPolicyKind, propagationPolicyKind } from './propagation-policy.ts'
import { clusterResourceBindingKind, resourceBindingKind } from './resource-binding.ts'
import { scorerKind } from './scorer.ts'
import { trafficProfileKind } from './traffic-profile.ts'

export interface Author {
  readonly name: string
  readonly groups: readonly string[]
}

export interface AdmissionRequest extends RuleOptions {
  readonly operation: 'CREATE' | 'UPDATE'
  readonly object: KubeObject
  /** Of an UPDATE. */
  readonly oldObject?: KubeObject
  readonly author: Author
}

export interface Admitted {
  /** With defaults and, on policies, the author. */
  readonly object: KubeObject
  readonly warnings: readonly string[]
}

export interface AdmissionRule {
  readonly kind: KindDefinition
  /** Throws Invalid with a cause for each field that is wrong. */
  admit(request: AdmissionRequest): Admitted
  /** All that is wrong with an object that is there already: for controllers, in case somebody got past. */
  check(object: KubeObject, options?: RuleOptions): readonly StatusCause[]
}

/** By kind. */
export const admissionRules: ReadonlyMap<string, AdmissionRule> = new Map(
  [
    admissionRule(clusterKind, checkCluster, false),
    admissionRule(propagationPolicyKind, checkPropagation, true),
    admissionRule(clusterPropagationPolicyKind, checkPropagation, true),
    admissionRule(overridePolicyKind, checkOverride, true),
    admissionRule(clusterOverridePolicyKind, checkOverride, true),
    admissionRule(resourceBindingKind, () => [], false),
    admissionRule(clusterResourceBindingKind, () => [], false),
    admissionRule(priceSheetKind, checkPriceSheet, false),
    admissionRule(trafficProfileKind, checkTrafficProfile, false),
    admissionRule(carbonSheetKind, checkCarbonSheet, false),
    admissionRule(scorerKind, checkScorer, false),
    admissionRule(interpreterKind, checkInterpreter, false),
  ].map((rule) => [rule.kind.resource.kind, rule]),
)

function admissionRule<Kind extends KubeObject>(
  kind: KindDefinition,
  rule: Rule<Kind>,
  recordsAuthor: boolean,
): AdmissionRule {
  const schema: KindSchema = { root: openApiOf(kind), resolve: () => undefined }

  function problems(object: KubeObject, old: KubeObject | undefined, options: RuleOptions): readonly StatusCause[] {
    const causes = validateValue(schema, object, { checkListTypes: true })
    // The rules read what the schema promises. The old object was admitted, so it has its shape.
    return causes.length > 0 ? causes : rule(object as Kind, old as Kind | undefined, options)
  }

  return {
    kind,
    check: (object, options = {}) => problems(object, undefined, options),
    admit(request) {
      const object = applyDefaults(schema, request.object)
      const { oldObject } = request
      // Labels and finalizers of an object that an older version admitted can still change.
      const isSameSpec = oldObject !== undefined && deepEqual(object['spec'], oldObject['spec'])
      const causes = isSameSpec ? [] : problems(object, oldObject, request)
      if (causes.length > 0) throw invalidObject(kind.resource, object.metadata.name, causes)
      return recordsAuthor ? withAuthor(object, oldObject, isSameSpec, request.author) : { object, warnings: [] }
    },
  }
}

/** The author of the spec as it is. What the request says of itself does not count. */
function withAuthor(object: KubeObject, old: KubeObject | undefined, isSameSpec: boolean, author: Author): Admitted {
  const recorded = old?.metadata.annotations?.[authorAnnotation]
  const wanted = isSameSpec ? recorded : JSON.stringify({ name: author.name, groups: author.groups })
  const given = object.metadata.annotations?.[authorAnnotation]
  if (given === wanted) return { object, warnings: [] }
  const isForged = given !== undefined && given !== recorded
  return {
    object: { ...object, metadata: { ...object.metadata, annotations: annotate(object, wanted) } },
    warnings: isForged ? [`metadata.annotations[${authorAnnotation}] is set by admission only; yours is dropped`] : [],
  }
}

function annotate({ metadata }: KubeObject, author: string | undefined): Readonly<Record<string, string>> {
  const annotations = metadata.annotations ?? {}
  if (author !== undefined) return { ...annotations, [authorAnnotation]: author }
  return without(annotations, authorAnnotation) as Readonly<Record<string, string>>
}
