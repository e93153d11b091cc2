// Compliance: what a placement may ask of clusters, and the names under which clusters say that they comply.
import { type ValueOf, list, object, optional, text } from './field.ts'

function claims(description: string, claim: string) {
  return list(`${description} At least one.`, text(claim, { minLength: 1, maxLength: 63 }), {
    minItems: 1,
    maxItems: 64,
    set: true,
  })
}

export const complianceSchema = object(
  'Rules that nothing relaxes, no failure either; what a cluster does not say counts as no. Labels of the Cluster say it, with the prefix that each field names: `true`, or `reported` where the member itself says it in a ClusterProperty of that name.',
  {
    jurisdictions: optional(
      claims(
        'Only clusters in one of these jurisdictions: label `jurisdiction.flotilla.dev/NAME`.',
        'Jurisdiction, e.g. EU.',
      ),
    ),
    certifications: optional(
      claims(
        'Only clusters that have all of these certifications: label `certification.flotilla.dev/NAME`.',
        'Certification, e.g. pci.',
      ),
    ),
    dataClasses: optional(
      claims(
        'Classes of data that the workload holds; only clusters that are cleared for all of them: label `data-class.flotilla.dev/NAME`.',
        'Class of data, e.g. personal.',
      ),
    ),
  },
)

export type Compliance = ValueOf<typeof complianceSchema>

/** By field: prefix of the labels of a Cluster, and name of the ClusterProperty on the member. */
export const complianceTopics: Readonly<Record<keyof Compliance, string>> = {
  jurisdictions: 'jurisdiction.flotilla.dev',
  certifications: 'certification.flotilla.dev',
  dataClasses: 'data-class.flotilla.dev',
}

/** Values of the labels: the hub says yes, or leaves it to the member's ClusterProperty. Any other value: no. */
export const clearedLabel = 'true'
export const reportedLabel = 'reported'
