// Objects asked for by name, of which a member may have some and not others.
import { kinds } from '@flotilla/api/crds'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { Resource } from '@flotilla/machinery/resource'
import { exitCodes, Exit } from '../exit.ts'
import type { Answers } from '../reach/fleet.ts'
import type { Target } from '../reach/kinds.ts'
import type { Terminal } from '../terminal.ts'

export interface Named<T> {
  readonly found: readonly T[]
  /** Names that the member does not have. */
  readonly missing: readonly string[]
}

/** @throws NotFound when there is none of `names`, and whatever else `read` throws. */
export async function readNamed<T>(names: readonly string[], read: (name: string) => Promise<T>): Promise<Named<T>> {
  const settled = await Promise.allSettled(names.map(read))
  const refused = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  const isFatal = refused.length === names.length || refused.some((error) => !isError(error, 'NotFound'))
  if (isFatal) throw refused.find((error) => !isError(error, 'NotFound')) ?? refused[0]
  return {
    found: settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    missing: names.filter((_, index) => settled[index]?.status === 'rejected'),
  }
}

/**
 * An object that only some members have is no failure of the others.
 * @throws NotFound when all of them answer that they do not have it.
 */
export function withoutNotFound<T>({ answers, failures }: Answers<T>, target: Target): Answers<T> {
  const others = failures.filter(({ error }) => !isError(error, 'NotFound'))
  if (answers.length > 0 || others.length > 0 || failures.length === 0) return { answers, failures: others }
  throw new FlotillaError(
    'NotFound',
    `Cannot get ${[target.type, ...target.names].join(' ')}: ${whyNowhere(failures, target)}`,
  )
}

/** An answer that names no object is about the kind. */
function whyNowhere(failures: Answers<unknown>['failures'], { type }: Target): string {
  const [only, ...rest] = failures.map(({ cluster }) => cluster)
  const ours = kinds.find(({ resource }) => namesOf(resource).includes(type.toLowerCase()))?.resource
  if (ours !== undefined) {
    const next = ours.kind === 'Cluster' ? 'flotilla clusters' : `kubectl get ${ours.plural} -A`
    return `${ours.plural} are on the hub, not on members. Next: ${next}`
  }
  const isServed = failures.some(({ error }) => isError(error) && error.details.name !== undefined)
  if (!isServed)
    return `${rest.length === 0 ? `cluster ${only} does not serve` : 'no cluster serves'} ${type}. Next: kubectl api-resources`
  return notFoundOn(failures.map(({ cluster }) => cluster))
}

function namesOf({ plural, kind, group }: Resource): readonly string[] {
  const names = [plural, kind.toLowerCase()]
  return [...names, ...names.map((name) => `${name}.${group}`)]
}

/** Ends the command after naming what no member has; a member that is silent may have it. */
export function exitOnMissing<T extends { readonly missing: readonly string[] }>(
  terminal: Terminal,
  { type, names }: Target,
  { answers, failures }: Answers<T>,
): void {
  if (failures.length > 0) return
  const nowhere = names.filter((name) => answers.every(({ value }) => value.missing.includes(name)))
  if (nowhere.length === 0 || answers.length === 0) return
  for (const name of nowhere) terminal.err(`Error: Cannot get ${type} ${name}: not found on any cluster\n`)
  throw new Exit(exitCodes.failed)
}

function notFoundOn(clusters: readonly string[]): string {
  return clusters.length === 1
    ? `not found on cluster ${clusters[0]}`
    : `not found on any of ${clusters.length} clusters`
}
