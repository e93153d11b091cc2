// Room that less important work gives up, as the binding that is to have it says so.
import { choice, integer, list, object, optional, text, time, type ValueOf } from './field.ts'
import { reference } from './reference.ts'

export const preemptionSchema = object(
  'Room that others of lower priority give up for it on one cluster, by one write before anything happens. One at a time; the last stays as a record.',
  {
    cluster: text('Name of the cluster.', { minLength: 1 }),
    id: text('Identity of the cluster.', { minLength: 1 }),
    replicas: integer('Replicas that it is to have there.', { minimum: 1 }),
    victims: list(
      'Who gives way.',
      object('A workload of lower priority.', {
        ref: reference('Its template.'),
        replicas: integer('Replicas that it gives up there.', { minimum: 1 }),
        left: integer('Replicas that it keeps there at most until this has ended.', { minimum: 0 }),
      }),
      { maxItems: 256 },
    ),
    since: time('When it was recorded, RFC 3339.'),
    freed: optional(time('When the member was seen to have the room, RFC 3339: from then on it may be taken.')),
    ended: optional(time('When it ended, RFC 3339: from then on nobody gives way any more.')),
    outcome: optional(
      choice(
        'Taken: it has the replicas. NotTaken: it had not after ten minutes; nobody gives way for it, or there, for an hour. Withdrawn: it no longer wanted or was no longer allowed to.',
        ['Taken', 'NotTaken', 'Withdrawn'],
      ),
    ),
  },
)

export type Preemption = ValueOf<typeof preemptionSchema>
