// Events, in their core/v1 form: found by what they are about.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldInvalid } from '@flotilla/machinery/field-error'
import type { KubeObject } from '@flotilla/machinery/object'
import type { KindRules } from './rules.ts'

type Reference = Readonly<Record<string, string | undefined>>

function about(event: KubeObject): Reference {
  return (event.involvedObject ?? {}) as Reference
}

function text(event: KubeObject, field: string): string | undefined {
  const value = event[field]
  return typeof value === 'string' ? value : undefined
}

function validate(event: KubeObject): readonly StatusCause[] {
  const { namespace } = event.metadata
  const involved = about(event).namespace
  const isElsewhere = involved ? involved !== namespace : namespace !== 'default' && namespace !== 'kube-system'
  if (!isElsewhere) return []
  return [fieldInvalid('involvedObject.namespace', involved ?? '', 'does not match event.namespace')]
}

function involvedField(field: string) {
  return [`involvedObject.${field}`, (event: KubeObject) => about(event)[field]] as const
}

const involved = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(involvedField)

export const events: KindRules = {
  createsOnUpdate: true,
  checkName: () => [],
  validate,
  selectableFields: {
    ...Object.fromEntries(involved),
    ...Object.fromEntries(involved.map(([name, get]) => [name.replace('involvedObject', 'regarding'), get])),
    reason: (event) => text(event, 'reason'),
    reportingComponent: (event) => text(event, 'reportingComponent'),
    reportingController: (event) => text(event, 'reportingComponent'),
    source: (event) =>
      (event.source as { component?: string } | undefined)?.component ?? text(event, 'reportingComponent'),
    type: (event) => text(event, 'type'),
  },
}
