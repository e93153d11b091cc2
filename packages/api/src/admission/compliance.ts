// Rules for compliance.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldRequired } from '@flotilla/machinery/field-error'
import { checkLabelKey } from '@flotilla/machinery/names'
import { type Compliance, complianceTopics } from '../compliance.ts'
import { each, invalid } from './rule.ts'

export function checkCompliance(field: string, compliance: Compliance | undefined): readonly StatusCause[] {
  if (compliance === undefined) return []
  const topics = Object.keys(complianceTopics) as readonly (keyof Compliance)[]
  if (topics.every((topic) => compliance[topic] === undefined)) {
    return [
      fieldRequired(`${field}.${topics[0]}`, `it asks for nothing: say one of ${topics.join(', ')}, or leave it out`),
    ]
  }
  return topics.flatMap((topic) =>
    each(`${field}.${topic}`, compliance[topic], (claim, path) =>
      invalid(path, claim, checkLabelKey(`${complianceTopics[topic]}/${claim}`)),
    ),
  )
}
