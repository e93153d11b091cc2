// What a member's API server wrote down of writes to it.
import { readFileSync } from 'node:fs'
import { asDicts, textAt, valueAt, type Dict } from '@flotilla/machinery/untyped'
import type { Member } from './fleet.ts'

export interface AuditedWrite {
  readonly verb: string
  /** `deployments/web`. */
  readonly target: string
  /** Of a deletion: the UID that it was bound to, or empty. */
  readonly uid: string
  /** Of the answer. */
  readonly code: number
}

/** Writes of a hub of ours that the member accepted, in their order. Leases are left out. */
export function writesOfHub(member: Member): readonly AuditedWrite[] {
  return sentByHub(member).filter(({ code }) => code < 300)
}

/** Deletions that a hub of ours asked for, whatever they were answered. */
export function deletesOfHub(member: Member): readonly AuditedWrite[] {
  return sentByHub(member).filter(({ verb }) => verb.startsWith('delete'))
}

/** How many pods were made in a namespace, those that are gone included. */
export function podsCreated(member: Member, namespace: string): number {
  const isPod = (event: Dict) => textAt(event, 'objectRef', 'resource') === 'pods'
  return answeredWrites(member).filter(
    (event) =>
      isPod(event) &&
      textAt(event, 'verb') === 'create' &&
      textAt(event, 'objectRef', 'subresource') === '' &&
      textAt(event, 'objectRef', 'namespace') === namespace &&
      writeOf(event).code === 201,
  ).length
}

function sentByHub(member: Member): readonly AuditedWrite[] {
  const isOurs = (event: Dict) => /^flotilla-(sync|probe)/.test(textAt(event, 'userAgent'))
  return answeredWrites(member).filter(isOurs).map(writeOf)
}

function answeredWrites({ plane }: Member): readonly Dict[] {
  const lines = readFileSync(plane.auditLog, 'utf8').split('\n').filter(Boolean)
  const events = asDicts(lines.map((line) => JSON.parse(line) as unknown))
  return events.filter((event) => valueAt(event, 'stage') === 'ResponseComplete')
}

function writeOf(event: unknown): AuditedWrite {
  const ref = (field: string) => textAt(event, 'objectRef', field)
  return {
    verb: textAt(event, 'verb'),
    target: `${ref('resource')}/${ref('name')}`,
    uid: textAt(event, 'requestObject', 'preconditions', 'uid'),
    code: Number(valueAt(event, 'responseStatus', 'code')),
  }
}
