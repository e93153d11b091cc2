// What moves what is placed when neither its template nor its policy changes, and how far that is.
import { conditions } from './condition.ts'
import { type ValueOf, choice, integer, object, optional, text, time } from './field.ts'

/** Percent of what a replica costs on average that a move saves at least, unless a policy says otherwise. */
export const usualGainPercent = 50
/** Percent of a policy's replicas that costs move at most at a time, unless it says otherwise. */
export const usualMovesPercent = 10

export const rescheduleSchema = object(
  'What moves what is placed when neither template nor policy changes. None: labels of clusters and tiers do, costs only by `flotilla rebalance`. NoExecute taints, compliance and lost clusters move it in any case.',
  {
    mode: choice(
      'OnChange: as without, and costs, traffic, emissions and room do too, by `placement.objective`. Never: nothing does, `flotilla rebalance` included. Scheduled: what OnChange would move moves at the times of `schedule`, and nothing in between.',
      ['OnChange', 'Never', 'Scheduled'],
    ),
    schedule: optional(
      text(
        'When, with Scheduled: five fields as in a CronJob (minute, hour, day of month, month, day of week). What was missed by more than an hour waits for the next time.',
        { minLength: 9, maxLength: 256 },
      ),
    ),
    timeZone: optional(
      text('Name in the IANA database that `schedule` is read in, e.g. `Europe/Berlin`. Default: UTC.', {
        minLength: 1,
        maxLength: 64,
      }),
    ),
    maxMoves: optional(
      integer('Replicas of all its workloads that costs may move: in any hour, with Scheduled at each time.', {
        minimum: 1,
      }),
    ),
    maxMovesPercent: optional(
      integer(
        'The same in percent of the replicas of all its workloads, rounded up; of both the smaller counts. Default: 10, where neither is set.',
        { minimum: 1, maximum: 100 },
      ),
    ),
    minGainPercent: optional(
      integer(
        'A replica moves for costs if that saves at least so many percent of what a replica costs on average, of all that may move. Default: 50.',
        { minimum: 1, maximum: 1000 },
      ),
    ),
  },
)

export type Reschedule = ValueOf<typeof rescheduleSchema>

export const policyStatusSchema = object('How far rescheduling is; nothing where the policy asks for none.', {
  conditions: optional(conditions('Rebalanced')),
  schedule: optional(
    object('Of mode Scheduled.', {
      spec: text('What `next` was computed from: `schedule` and `timeZone`.'),
      next: optional(time('When it is time again, RFC 3339.')),
      since: optional(time('The time whose moves are under way, RFC 3339. None: what is placed stays.')),
    }),
  ),
})

export type PolicyStatus = ValueOf<typeof policyStatusSchema>

/** Whether labels, tiers and costs are to leave what is placed where it is. */
export function isPinned(reschedule: Reschedule | undefined, status: PolicyStatus | undefined): boolean {
  if (reschedule?.mode === 'Scheduled') return status?.schedule?.since === undefined
  return reschedule?.mode === 'Never'
}
