// Which objects a list or a watch asks for: by label, by field, by namespace.
import { isError } from '@flotilla/machinery/errors'
import type { FieldSelector } from '@flotilla/machinery/field-selector'
import { matchesFields, parseFieldSelector, requiredValue } from '@flotilla/machinery/field-selector'
import { getPath } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Selector } from '@flotilla/machinery/selector'
import { matchesLabels, parseLabelSelector } from '@flotilla/machinery/selector'
import type { EditableCatalog } from '../catalog.ts'
import { rulesFor } from '../kinds/all-kinds.ts'
import type { ServedResource } from '../served-resource.ts'
import { badRequest } from './refusals.ts'

export interface Selection {
  readonly selectsAll: boolean
  matches(object: KubeObject): boolean
  /** The one name that can match, when the field selector says so. */
  readonly name?: string
}

interface Selectors {
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

type FieldGetter = (object: KubeObject) => string | undefined

const everywhere: Readonly<Record<string, FieldGetter>> = {
  'metadata.name': ({ metadata }) => metadata.name,
  'metadata.namespace': ({ metadata }) => metadata.namespace,
}

/** Throws BadRequest for selectors that cannot be read or name a field that the kind does not offer. */
export function selectionOf(catalog: EditableCatalog, resource: ServedResource, asked: Selectors): Selection {
  const labels = asked.labelSelector ? parseLabels(asked.labelSelector) : []
  const fields = asked.fieldSelector ? parseFieldSelector(asked.fieldSelector) : []
  if (labels.length === 0 && fields.length === 0) return { selectsAll: true, matches: () => true }
  const getters = fields.length === 0 ? everywhere : gettersFor(catalog, resource)
  refuseUnknownFields(fields, getters)
  const name = requiredValue(fields, 'metadata.name')
  return {
    selectsAll: false,
    matches: (object) =>
      (labels.length === 0 || matchesLabels(labels, object.metadata.labels)) &&
      (fields.length === 0 || matchesFields(fields, (field) => getters[field]?.(object))),
    ...(name === undefined ? {} : { name }),
  }
}

function parseLabels(text: string): Selector {
  try {
    return parseLabelSelector(text)
  } catch (error) {
    throw isError(error, 'BadRequest') ? error : badRequest(String(error))
  }
}

function gettersFor(catalog: EditableCatalog, resource: ServedResource): Readonly<Record<string, FieldGetter>> {
  const definition = resource.isCustom ? catalog.definitionOf(resource.group, resource.plural) : undefined
  const version = definition?.spec.versions.find(({ name }) => name === resource.version)
  const custom = (version?.selectableFields ?? []).map(({ jsonPath }) => [jsonPath.slice(1), atPath(jsonPath)] as const)
  return { ...everywhere, ...rulesFor(resource).selectableFields, ...Object.fromEntries(custom) }
}

/** Selectable fields are plain: `.spec.color`. */
function atPath(jsonPath: string): FieldGetter {
  const steps = jsonPath.split('.').slice(1)
  return (object) => {
    const value = getPath(object, steps)
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    return isPlain ? String(value) : undefined
  }
}

function refuseUnknownFields(fields: FieldSelector, getters: Readonly<Record<string, FieldGetter>>): void {
  const unknown = fields.find(({ field }) => !Object.hasOwn(getters, field))
  if (unknown === undefined) return
  const isPlain = Object.keys(getters).length === Object.keys(everywhere).length
  if (!isPlain) throw badRequest(`field label not supported: ${unknown.field}`)
  const names = Object.keys(everywhere).map((name) => JSON.stringify(name))
  throw badRequest(`${JSON.stringify(unknown.field)} is not a known field selector: only ${names.join(', ')}`)
}
