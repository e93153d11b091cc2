// Compliance: jurisdictions, certifications and data classes that the policy asks of clusters; unknown counts as no.
import { type Compliance, clearedLabel, complianceTopics, reportedLabel } from '@flotilla/api/compliance'
import type { ClusterFacts } from '../facts.ts'
import type { Judge, Objection, SharedFilter, SharedRequest } from './filter.ts'

export const compliance: SharedFilter = { name: 'Compliance', prepare }

/**
 * What a cluster says to one claim. Denied: the hub does not clear it, which people edit, so what it holds leaves.
 * Withheld: the hub does, and the member's ClusterProperty does not confirm it; what is observed only stops growth.
 */
type Standing = 'Cleared' | 'Withheld' | 'Denied'

interface Claim {
  readonly name: string
  /** Key of the label of the Cluster. */
  readonly label: string
  /** Name of the ClusterProperty of the member. */
  readonly topic: string
}

/** Undefined: the cluster complies. */
type Check = (cluster: ClusterFacts) => Objection | undefined

function prepare({ placement }: SharedRequest): Judge {
  if (placement.compliance === undefined) return () => undefined
  const { jurisdictions, certifications, dataClasses } = placement.compliance
  const checks = [
    ...(jurisdictions === undefined ? [] : [anyOf(claimsOf('jurisdictions', jurisdictions))]),
    ...claimsOf('certifications', certifications).map((claim) => needs('it is not certified for', claim)),
    ...claimsOf('dataClasses', dataClasses).map((claim) => needs('it is not cleared for data of class', claim)),
  ]
  return (cluster) => {
    const found = checks.flatMap((check) => check(cluster) ?? [])
    if (found.length === 0) return undefined
    const effect = found.some((each) => each.effect === 'Leave') ? 'Leave' : 'NoGrowth'
    return { effect, describe: () => found.map((each) => each.describe()).join('; ') }
  }
}

function claimsOf(field: keyof Compliance, names: readonly string[] = []): readonly Claim[] {
  const topic = complianceTopics[field]
  return names.map((name) => ({ name, label: `${topic}/${name}`, topic }))
}

function anyOf(claims: readonly Claim[]): Check {
  return (cluster) => {
    const standings = claims.map((claim) => standingOf(claim, cluster))
    if (standings.includes('Cleared')) return undefined
    const effect = standings.includes('Withheld') ? 'NoGrowth' : 'Leave'
    const wanted = claims.map(({ name }) => name).join(', ')
    return { effect, describe: () => `its jurisdiction is not one of ${wanted} (${describeAll(claims, cluster)})` }
  }
}

function needs(lack: string, claim: Claim): Check {
  return (cluster) => {
    const standing = standingOf(claim, cluster)
    if (standing === 'Cleared') return undefined
    const effect = standing === 'Withheld' ? 'NoGrowth' : 'Leave'
    return { effect, describe: () => `${lack} ${claim.name} (${describeAll([claim], cluster)})` }
  }
}

function standingOf({ name, label, topic }: Claim, { labels, properties }: ClusterFacts): Standing {
  const said = labels[label]
  const property = properties.get(topic)
  if (said === clearedLabel) return property === undefined || property.values.has(name) ? 'Cleared' : 'Withheld'
  if (said !== reportedLabel) return 'Denied'
  return property?.isRead === true && property.values.has(name) ? 'Cleared' : 'Withheld'
}

function describeAll(claims: readonly Claim[], cluster: ClusterFacts): string {
  return claims.map((claim) => describeClaim(claim, cluster)).join(', ')
}

/** What was observed, e.g. `label certification.flotilla.dev/pci is reported, its ClusterProperty lists iso27001`. */
function describeClaim(claim: Claim, cluster: ClusterFacts): string {
  const said = cluster.labels[claim.label]
  const label = `label ${claim.label} is ${said === undefined ? 'not set' : said === '' ? 'empty' : said}`
  if (standingOf(claim, cluster) === 'Denied') return label
  const property = cluster.properties.get(claim.topic)
  if (property === undefined) return `${label}, its ClusterProperty ${claim.topic} is not known`
  if (!property.isRead) return `${label}, its ClusterProperty ${claim.topic} could not be read`
  return `${label}, its ClusterProperty ${claim.topic} lists ${[...property.values].join(', ') || 'nothing'}`
}
