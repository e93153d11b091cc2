// I4: every delete on a member traces to a recorded removal or a deleted template, and demands the very object.
import { hubLabel, templateAnnotation } from '@flotilla/api/group'
import { hubId } from '../controllers-process.ts'
import { describe } from '../sim-net.ts'
import type { Check, Watched } from './check.ts'

/** What a member's controllers, and ours for themselves, delete all the time. */
const others = new Set(['leases', 'pods', 'replicasets'])

export function checkDeletions({ model, members, held, violate }: Watched): Check {
  return {
    onArrival(call) {
      const { verb, server, resource, key, uid } = call
      const member = members.get(server)
      if (verb !== 'delete' || member === undefined || resource === undefined || others.has(resource.plural)) return
      if (resource.plural === 'clusterrolebindings') return
      if (uid === undefined) return violate('I4', `${describe(call)} names no UID`)
      const group = resource.group === '' ? '' : `.${resource.group}`
      const found = held(server, [`${resource.plural}${group}`, key?.namespace, key?.name].filter(Boolean).join('/'))
      // Refused by the server.
      if (found === undefined || found.metadata.uid !== uid) return
      const template = found.metadata.annotations?.[templateAnnotation] ?? ''
      if (found.metadata.labels?.[hubLabel] !== hubId) return violate('I4', `${describe(call)}: it is not ours`)
      if (model.mayBeRemoved(member.name, resource.kind, key?.name ?? '', template)) return
      violate('I4', `${describe(call)}: no removal is recorded, and its template ${template} lives`)
    },
  }
}
