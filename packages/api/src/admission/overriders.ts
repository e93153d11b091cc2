// Rules for single overriders.
import { type StatusCause, isError } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { isObject } from '@flotilla/machinery/json'
import { checkLabelKey, checkLabelValue } from '@flotilla/machinery/names'
import { parseQuantity } from '@flotilla/machinery/quantity'
import { isOurKey } from '../group.ts'
import type {
  EnvOverrider,
  ImageOverrider,
  MapOverrider,
  PlaintextOverrider,
  PortOverrider,
  ResourcesOverrider,
} from '../override-policy.ts'
import { duplicates, each, invalid } from './rule.ts'

type Operator = 'add' | 'remove' | 'replace'

function checkValue(field: string, operator: Operator, value: unknown): readonly StatusCause[] {
  if (operator === 'remove') {
    return value === undefined ? [] : [fieldForbidden(`${field}.value`, 'operator remove takes no value: leave it out')]
  }
  return value === undefined ? [fieldRequired(`${field}.value`, `operator ${operator} needs one`)] : []
}

function checkPointer(field: string, pointer: string): readonly StatusCause[] {
  const isPointer = /^(\/([^~/]|~[01])*)+$/.test(pointer)
  return isPointer ? [] : [fieldInvalid(field, pointer, 'must be a JSON pointer such as /spec/template/spec/nodeName')]
}

export function checkImage({ predicate, operator, value }: ImageOverrider, field: string): readonly StatusCause[] {
  return [
    ...checkValue(field, operator, value),
    ...(predicate === undefined ? [] : checkPointer(`${field}.predicate.path`, predicate.path)),
  ]
}

export function checkEnv({ operator, value }: EnvOverrider, field: string): readonly StatusCause[] {
  const names = value.map(({ name }) => name)
  return [
    ...duplicates(`${field}.value`, names, '.name'),
    ...each(`${field}.value`, value, (variable, path) => {
      if (variable.name === '' || variable.name.includes('=')) {
        return [fieldInvalid(`${path}.name`, variable.name, "must not be empty and must not hold '='")]
      }
      if (operator === 'remove' || variable.value === undefined || variable.valueFrom === undefined) return []
      return [fieldForbidden(`${path}.valueFrom`, 'may not stand together with value: leave one of them out')]
    }),
  ]
}

export function checkPorts({ operator, value }: PortOverrider, field: string): readonly StatusCause[] {
  return each(`${field}.value`, value, ({ name, containerPort }, path) => {
    const causes: StatusCause[] = []
    if (operator !== 'add' && name === undefined) {
      causes.push(fieldRequired(`${path}.name`, `operator ${operator} finds the port by it`))
    }
    if (operator !== 'remove' && containerPort === undefined) {
      causes.push(fieldRequired(`${path}.containerPort`, `operator ${operator} needs one`))
    }
    return causes
  })
}

export function checkResources({ operator, value }: ResourcesOverrider, field: string): readonly StatusCause[] {
  const { requests = {}, limits = {} } = value
  if (Object.keys({ ...requests, ...limits }).length === 0) {
    return [fieldRequired(`${field}.value`, 'at least one resource in requests or limits')]
  }
  if (operator === 'remove') return []
  return [...checkQuantities(`${field}.value.requests`, requests), ...checkQuantities(`${field}.value.limits`, limits)]
}

function checkQuantities(field: string, quantities: Readonly<Record<string, string>>): readonly StatusCause[] {
  return Object.entries(quantities).flatMap(([name, text]) => {
    if (text.includes('${')) return []
    try {
      const isNegative = parseQuantity(text).nanos < 0n
      return isNegative ? [fieldInvalid(`${field}[${name}]`, text, 'must not be negative')] : []
    } catch (error) {
      if (isError(error, 'Invalid')) return [fieldInvalid(`${field}[${name}]`, text, error.message)]
      throw error
    }
  })
}

/** `isLabels`: values must be label values too, where they are known. */
export function checkMap({ operator, value }: MapOverrider, field: string, isLabels: boolean): readonly StatusCause[] {
  const entries = Object.entries(value)
  if (entries.length === 0) return [fieldRequired(`${field}.value`, 'at least one key')]
  return entries.flatMap(([key, text]) => {
    const path = `${field}.value[${key}]`
    if (isOurKey(key))
      return [fieldForbidden(path, 'our own labels and annotations cannot be overridden: leave them out')]
    const isKnownValue = isLabels && operator !== 'remove' && !text.includes('${')
    return [
      ...invalid(path, key, checkLabelKey(key)),
      ...(isKnownValue ? invalid(path, text, checkLabelValue(text)) : []),
    ]
  })
}

/** What makes an object itself, what the server keeps of it, and what says that it is ours. */
const fixedPaths = [
  '/apiVersion',
  '/kind',
  '/status',
  '/metadata/name',
  '/metadata/namespace',
  '/metadata/generateName',
  '/metadata/uid',
  '/metadata/resourceVersion',
  '/metadata/generation',
  '/metadata/creationTimestamp',
  '/metadata/deletionTimestamp',
  '/metadata/managedFields',
  '/metadata/ownerReferences',
]

export function checkPlaintext({ path, operator, value }: PlaintextOverrider, field: string): readonly StatusCause[] {
  const pointer = checkPointer(`${field}.path`, path)
  if (pointer.length > 0) return pointer
  const isFixed = path === '/metadata' || fixedPaths.some((fixed) => path === fixed || path.startsWith(`${fixed}/`))
  if (isFixed)
    return [
      fieldForbidden(`${field}.path`, `${path} is part of what the object is and cannot be overridden: leave it out`),
    ]
  const keys = path.match(/^\/metadata\/(labels|annotations)(?:\/([^/]*))?$/)
  const named = keys === null ? [] : [...(keys[2] === undefined ? keysOf(value) : [unescapeStep(keys[2])])]
  if (named.some(isOurKey)) {
    return [fieldForbidden(`${field}.path`, 'our own labels and annotations cannot be overridden: leave them out')]
  }
  return checkValue(field, operator, value)
}

function keysOf(value: unknown): readonly string[] {
  return isObject(value) ? Object.keys(value) : []
}

function unescapeStep(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}

/** `${cluster.…}` and `${properties.…}` are ours; anything else of that shape is the shell's. */
const variable = /\$\{((?:cluster|properties)\.[^}]*)\}/g
const known = /^cluster\.(name|region|labels\..+)$/

/** Every text below `value`. */
export function checkVariables(field: string, value: unknown): readonly StatusCause[] {
  if (typeof value === 'string') {
    return [...value.matchAll(variable)].flatMap(([, name = '']) => {
      if (known.test(name)) return []
      const message = `\${${name}} is not known; there are \${cluster.name}, \${cluster.region} and \${cluster.labels.KEY}`
      return [fieldInvalid(field, value, message)]
    })
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => checkVariables(`${field}[${index}]`, item))
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([key, item]) => checkVariables(`${field}.${key}`, item))
}
