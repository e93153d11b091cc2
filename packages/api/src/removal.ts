// What goes from members by a binding, and what keeps it from going.
import { type ValueOf, choice, flag, object, optional, text, time } from './field.ts'
import { clusterUID, refProperties } from './reference.ts'

export const removalSchema = object('A copy that goes: recorded by the write that ended the claim on it.', {
  cluster: text('Name of the cluster.', { minLength: 1 }),
  id: text('Identity of the cluster.', { minLength: 1 }),
  clusterUID: optional(clusterUID),
  object: object('The object.', refProperties),
  templateUID: text('UID of its template, which the copy must carry.', { minLength: 1 }),
  reason: text('One CamelCase word.', { minLength: 1 }),
  since: time('When it was recorded, RFC 3339.'),
  orphan: optional(flag('The copy stays, without our marks.')),
  approved: optional(flag('A person let it go although it was held.')),
})

export type Removal = ValueOf<typeof removalSchema>

export const removalHoldSchema = object(
  'None of its copies goes: too many were to go within an hour. Until a person approves it or nothing is to go any more.',
  {
    since: time('When it was held, RFC 3339.'),
    scope: choice('Of what too many were to go: all of its policy, or all of the hub.', ['Policy', 'Hub']),
    message: text('How many, and how many may go, for people.', { maxLength: 1024 }),
  },
)

export type RemovalHold = ValueOf<typeof removalHoldSchema>

export const removalApprovalSchema = object(
  'Who let go last what was held. It holds for what was held then, and no longer.',
  {
    by: text('Name of the user, as the API server of the hub knows it.', { maxLength: 1024 }),
    time: time('When, RFC 3339.'),
    deletion: optional(flag('It was being deleted: all that it placed goes.')),
  },
)

export type RemovalApproval = ValueOf<typeof removalApprovalSchema>
