// A takeover as people read it.
import { driftTable } from '../decisions/drift-table.ts'
import { ageOf } from '../output/age.ts'
import { formatTable } from '../output/table.ts'
import type { Survey } from './survey.ts'

export interface TakeoverReport {
  readonly isRestored: boolean
  /** That the hub would have. */
  readonly generation: number
  readonly clusters: readonly Survey[]
}

/** Of another process of this hub that renews its leases. */
const stillWritingMs = 30_000

export function takeoverText({ isRestored, generation, clusters }: TakeoverReport, now: number): string {
  if (!isRestored) return 'Nothing to take over: members know no newer state of this hub\n'
  const restated = clusters.flatMap((one) => one.restated)
  return [
    'Members know a newer state of this hub than it has: nothing is written to them.\n\n',
    clustersTable(clusters, now),
    ...(restated.length > 0 ? ['\nStated again as this hub has it:\n', driftTable(restated, now)] : []),
    named('Not known to this hub; stays as it is, orphaned', clusters, ({ unknown }) => unknown),
    named('Was to be removed or to move away; stays as it is', clusters, ({ kept }) => kept),
    named('Would run again, for it is not there any more', clusters, jobsOf),
    stillWriting(clusters, now),
    `\nNothing is deleted. Next: flotilla takeover --confirm ${generation}\n`,
  ].join('')
}

function clustersTable(clusters: readonly Survey[], now: number): string {
  const rows = clusters.map(({ cluster, generation, writtenAt, isNewer, restated, newer, unknown, kept }) => [
    cluster,
    generation === undefined ? '<none>' : String(generation),
    writtenAt === undefined ? '<never>' : ageOf(writtenAt, now),
    isNewer ? 'yes' : 'no',
    String(new Set(restated.map(({ object }) => object)).size),
    String(newer.length),
    String(unknown.length),
    String(kept.length),
  ])
  return formatTable(
    ['CLUSTER', 'GENERATION', 'WRITTEN', 'NEWER', 'RESTATED', 'NEWER OBJECTS', 'UNKNOWN', 'KEPT'],
    rows,
  )
}

function named(title: string, clusters: readonly Survey[], names: (survey: Survey) => readonly string[]): string {
  const lines = clusters.flatMap((survey) => names(survey).map((name) => `  ${survey.cluster}: ${name}\n`))
  return lines.length === 0 ? '' : `\n${title}:\n${lines.join('')}`
}

function jobsOf({ restated }: Survey): readonly string[] {
  return restated.filter(({ path, object }) => path === '' && object.startsWith('Job ')).map(({ object }) => object)
}

function stillWriting(clusters: readonly Survey[], now: number): string {
  const some = clusters.filter(
    ({ isNewer, writtenAt }) => isNewer && now - Date.parse(writtenAt ?? '') < stillWritingMs,
  )
  if (some.length === 0) return ''
  const names = some.map(({ cluster }) => cluster).join(', ')
  return `\nAnother process of this hub was writing to ${names} within the last half minute: stop it first, or it goes on for seconds\n`
}
