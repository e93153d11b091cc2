// CustomResourceDefinitions: which are accepted, and when their resources are served.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldInvalid, fieldNotSupported, fieldRequired } from '@flotilla/machinery/field-error'
import { deepEqual } from '@flotilla/machinery/json'
import { checkDns1035Label, checkDns1123Subdomain } from '@flotilla/machinery/names'
import type { KubeObject } from '@flotilla/machinery/object'
import { immutable } from '../kinds/checks.ts'
import type { KindRules, RuleContext } from '../kinds/rules.ts'
import type { Condition, CustomNames, CustomResourceDefinition, CustomVersion } from './definition.ts'
import { cleanupFinalizer, definitionsResource, isEstablished } from './definition.ts'
import { structuralCauses } from './structural.ts'

function specOf(object: KubeObject): Partial<CustomResourceDefinition['spec']> {
  return (object as CustomResourceDefinition).spec ?? {}
}

function defaults(object: KubeObject): KubeObject {
  const spec = specOf(object)
  const { names } = spec
  if (names === undefined) return object
  const kind = names.kind ?? ''
  const listKind = names.listKind || (kind ? `${kind}List` : undefined)
  return {
    ...object,
    spec: {
      ...spec,
      names: { ...names, singular: names.singular || kind.toLowerCase(), ...(listKind ? { listKind } : {}) },
      conversion: spec.conversion ?? { strategy: 'None' },
    },
  }
}

function storageVersion(object: KubeObject): string | undefined {
  return specOf(object).versions?.find(({ storage }) => storage)?.name
}

function prepareForCreate(object: KubeObject): KubeObject {
  const stored = storageVersion(object)
  return {
    ...object,
    status: { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: stored ? [stored] : [] },
  }
}

/** Names are looked at and the resource is served at once, yet as a write of its own, as clients see it upstream. */
function settle(object: KubeObject, context: RuleContext): KubeObject {
  const stored = storageVersion(object)
  return { ...object, status: acceptance(object, context, [], stored ? [stored] : []) }
}

function prepareForUpdate(object: KubeObject, before: KubeObject, context: RuleContext): KubeObject {
  const old = (before as CustomResourceDefinition).status
  const stored = storageVersion(object)
  const versions = old?.storedVersions ?? []
  const storedVersions = stored && !versions.includes(stored) ? [...versions, stored] : versions
  const names = specOf(object).names
  const isSame = deepEqual(names, specOf(before).names) && storedVersions === versions
  if (isSame && old !== undefined) return object
  return { ...object, status: acceptance(object, context, old?.conditions ?? [], storedVersions) }
}

/** Names and conditions as the API server's own controllers set them, at once. */
function acceptance(
  object: KubeObject,
  context: RuleContext,
  old: readonly Condition[],
  storedVersions: readonly string[],
): CustomResourceDefinition['status'] {
  const { taken, acceptedNames } = acceptNames(object, context)
  const others = old.filter(({ type }) => type !== 'NamesAccepted' && type !== 'Established')
  const accepted = taken
    ? condition(context, 'NamesAccepted', 'False', taken.reason, taken.message)
    : condition(context, 'NamesAccepted', 'True', 'NoConflicts', 'no conflicts found')
  const established = taken
    ? condition(context, 'Established', 'False', 'NotAccepted', 'not all names are accepted')
    : condition(context, 'Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted')
  return { conditions: [...others, accepted, established], acceptedNames, storedVersions }
}

function condition(
  { now }: RuleContext,
  type: string,
  status: 'True' | 'False',
  reason: string,
  message: string,
): Condition {
  return { type, status, lastTransitionTime: now, reason, message }
}

interface Conflict {
  readonly reason: string
  readonly message: string
}

/** Each name that nobody in the group has is accepted; the last that somebody has is told. */
function acceptNames(object: KubeObject, { store }: RuleContext): { taken?: Conflict; acceptedNames: CustomNames } {
  const { group, names = { plural: '', kind: '' } } = specOf(object)
  const resources = new Set<string>()
  const kinds = new Set<string>()
  for (const { object: other } of store.list({ prefix: `${definitionsResource}/` }).items) {
    const theirs = (other as CustomResourceDefinition).status?.acceptedNames
    if (other.metadata.name === object.metadata.name || specOf(other).group !== group || theirs === undefined) continue
    for (const name of [theirs.plural, theirs.singular, ...(theirs.shortNames ?? [])]) if (name) resources.add(name)
    for (const name of [theirs.kind, theirs.listKind]) if (name) kinds.add(name)
  }
  let taken: Conflict | undefined
  const isFree = (name: string | undefined, used: ReadonlySet<string>, reason: string) => {
    if (name === undefined || !used.has(name)) return true
    taken = inUse(reason, name)
    return false
  }
  const { plural, singular, shortNames, kind, listKind, categories } = names
  const hasPlural = isFree(plural, resources, 'PluralConflict')
  const hasSingular = isFree(singular, resources, 'SingularConflict')
  const hasShort = (shortNames ?? []).map((name) => isFree(name, resources, 'ShortNamesConflict')).every(Boolean)
  const hasKind = isFree(kind, kinds, 'KindConflict')
  const hasListKind = isFree(listKind, kinds, 'ListKindConflict')
  const acceptedNames = {
    plural: hasPlural ? plural : '',
    ...(hasSingular && singular ? { singular } : {}),
    ...(hasShort && shortNames ? { shortNames } : {}),
    kind: hasKind ? kind : '',
    ...(hasListKind && listKind ? { listKind } : {}),
    ...(categories ? { categories } : {}),
  }
  return { ...(taken ? { taken } : {}), acceptedNames }
}

function inUse(reason: string, name: string): Conflict {
  return { reason, message: `${JSON.stringify(name)} is already in use` }
}

function validate(object: KubeObject): readonly StatusCause[] {
  const { group, names, versions = [], scope } = specOf(object)
  const causes: StatusCause[] = []
  if (!group) causes.push(fieldRequired('spec.group'))
  else if (!group.includes('.'))
    causes.push(fieldInvalid('spec.group', group, 'should be a domain with at least one dot'))
  else causes.push(...checkDns1123Subdomain(group).map((why) => fieldInvalid('spec.group', group, why)))
  if (object.metadata.name !== `${names?.plural}.${group}`) {
    causes.push(fieldInvalid('metadata.name', object.metadata.name, 'must be spec.names.plural+"."+spec.group'))
  }
  if (scope !== 'Namespaced' && scope !== 'Cluster') {
    causes.push(scope ? fieldNotSupported('spec.scope', scope, ['Cluster', 'Namespaced']) : fieldRequired('spec.scope'))
  }
  return [
    ...causes,
    ...versionsCauses(versions),
    ...namesCauses(names),
    ...schemaCauses(versions),
    ...servingCauses(versions),
    ...storedCauses(object),
  ]
}

function versionsCauses(versions: readonly CustomVersion[]): StatusCause[] {
  const stored = versions.filter(({ storage }) => storage)
  const causes: StatusCause[] = []
  const seen = new Set<string>()
  for (const [index, { name }] of versions.entries()) {
    if (seen.has(name)) causes.push(fieldInvalid(`spec.versions[${index}].name`, name, 'must be unique'))
    seen.add(name)
    const wrong = checkDns1035Label(name ?? '')
    causes.push(...wrong.map((why) => fieldInvalid(`spec.versions[${index}].name`, name ?? '', why)))
  }
  if (stored.length !== 1) {
    const shown = versions.map(internalVersion)
    causes.push(fieldInvalid('spec.versions', shown, 'must have exactly one version marked as storage version'))
  }
  return causes
}

/** A version as upstream's errors show it: what all versions have in common is kept beside them. */
function internalVersion({ name, served, storage }: CustomVersion): object {
  return {
    Name: name,
    Served: served ?? false,
    Storage: storage ?? false,
    Deprecated: false,
    DeprecationWarning: null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }
}

function mixedCaseCauses(name: string, field: string): StatusCause[] {
  const prefix = 'may have mixed case, but should otherwise match: '
  return checkDns1035Label(name.toLowerCase()).map((why) => fieldInvalid(field, name, prefix + why))
}

function namesCauses(names: CustomNames | undefined): StatusCause[] {
  const { plural, singular, kind, listKind, shortNames = [] } = names ?? { plural: '', kind: '' }
  const at = 'spec.names'
  const causes: StatusCause[] = []
  if (!plural) causes.push(fieldRequired(`${at}.plural`))
  else causes.push(...checkDns1035Label(plural).map((why) => fieldInvalid(`${at}.plural`, plural, why)))
  if (singular) causes.push(...checkDns1035Label(singular).map((why) => fieldInvalid(`${at}.singular`, singular, why)))
  if (!kind) causes.push(fieldRequired(`${at}.kind`))
  else causes.push(...mixedCaseCauses(kind, `${at}.kind`))
  if (listKind) causes.push(...mixedCaseCauses(listKind, `${at}.listKind`))
  for (const [index, name] of shortNames.entries()) {
    causes.push(...checkDns1035Label(name).map((why) => fieldInvalid(`${at}.shortNames[${index}]`, name, why)))
  }
  if (kind && kind === listKind)
    causes.push(fieldInvalid(`${at}.listKind`, listKind, 'kind and listKind may not be the same'))
  return causes
}

/** Versions that all have one schema are spoken of as one, as upstream's internal form does. */
function schemaCauses(versions: readonly CustomVersion[]): StatusCause[] {
  const schemas = versions.map(({ schema }) => schema?.openAPIV3Schema)
  const isShared = schemas.every((schema) => deepEqual(schema, schemas[0]))
  const places = isShared ? schemas.slice(0, 1) : schemas
  return places.flatMap((schema, index) => {
    const version = `spec.versions[${index}].schema.openAPIV3Schema`
    if (schema === undefined || schema === null) return [fieldRequired(version)]
    return structuralCauses(schema, isShared ? 'spec.validation.openAPIV3Schema' : version)
  })
}

function storedCauses(object: KubeObject): StatusCause[] {
  const stored = (object as CustomResourceDefinition).status?.storedVersions ?? []
  return stored.length > 0 ? [] : [fieldInvalid('status.storedVersions', null, 'must have at least one stored version')]
}

/** Columns and subresources, which versions share as they share a schema. */
function servingCauses(versions: readonly CustomVersion[]): StatusCause[] {
  const isShared = versions.every(({ subresources }) => deepEqual(subresources, versions[0]?.subresources))
  const places = isShared ? versions.slice(0, 1) : versions
  return places.flatMap(({ additionalPrinterColumns = [], subresources }, index) => {
    const at = isShared ? 'spec' : `spec.versions[${index}]`
    const columns = additionalPrinterColumns.flatMap(({ jsonPath }, column) =>
      jsonPath ? [] : [fieldRequired(`${at}.additionalPrinterColumns[${column}].JSONPath`)],
    )
    const { scale } = subresources ?? {}
    if (!scale) return columns
    const paths = `${at}.subresources.scale`
    return [
      ...columns,
      ...pathCauses(scale.specReplicasPath, `${paths}.specReplicasPath`, '.spec'),
      ...pathCauses(scale.statusReplicasPath, `${paths}.statusReplicasPath`, '.status'),
    ]
  })
}

function pathCauses(path: string | undefined, field: string, root: string): StatusCause[] {
  if (!path) return [fieldRequired(field)]
  if (!path.startsWith('.')) return [fieldInvalid(field, path, 'must be a simple json path starting with .')]
  if (path.startsWith(`${root}.`)) return []
  return [fieldInvalid(field, path, `should be a json path under ${root}`)]
}

function validateUpdate(object: KubeObject, before: KubeObject): readonly StatusCause[] {
  const [next, last] = [specOf(object), specOf(before)]
  const stored = (object as CustomResourceDefinition).status?.storedVersions ?? []
  const missing = stored.filter((version) => !next.versions?.some(({ name }) => name === version))
  const causes = missing.map((version) => {
    const index = stored.indexOf(version)
    return fieldInvalid(
      `status.storedVersions[${index}]`,
      version,
      `missing from spec.versions; ${version} ${stillStored(version)}`,
    )
  })
  if (!isEstablished(before as CustomResourceDefinition)) return causes
  return [
    ...causes,
    ...immutable(next.scope, last.scope, 'spec.scope'),
    ...immutable(next.names?.kind, last.names?.kind, 'spec.names.kind'),
    ...immutable(next.names?.plural, last.names?.plural, 'spec.names.plural'),
    ...immutable(next.group, last.group, 'spec.group'),
  ]
}

function stillStored(version: string): string {
  const until = `until a storage migration ensures no data remains persisted in ${version}`
  return `was previously a storage version, and must remain in spec.versions ${until} and removes ${version} from status.storedVersions`
}

/** The definition waits behind a finalizer until its objects are gone. */
function beforeDelete(object: KubeObject, now: string): KubeObject {
  const finalizers = object.metadata.finalizers ?? []
  const status = (object as CustomResourceDefinition).status
  const terminating: Condition = {
    type: 'Terminating',
    status: 'True',
    lastTransitionTime: now,
    reason: 'InstanceDeletionPending',
    message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
  }
  return {
    ...object,
    metadata: {
      ...object.metadata,
      finalizers: [...finalizers.filter((one) => one !== cleanupFinalizer), cleanupFinalizer],
    },
    status: { ...status, conditions: [...(status?.conditions ?? []), terminating] },
  }
}

export const definitionRules: KindRules = {
  hasGeneration: true,
  defaults,
  prepareForCreate,
  settle,
  prepareForUpdate,
  validate,
  validateUpdate,
  beforeDelete,
}
