// Objects that a ServiceAccount's token is bound to: it is good for as long as they are there.
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject, ObjectKey } from '@flotilla/machinery/object'
import type { Store } from '../store/store.ts'

/** As a TokenRequest names it. */
export interface BoundObjectRef {
  readonly kind?: string
  readonly apiVersion?: string
  readonly name?: string
  readonly uid?: string
}

interface Named {
  readonly name: string
  readonly uid: string
}

/** As the token says it. */
export interface BoundClaims {
  readonly pod?: Named
  readonly secret?: Named
  readonly node?: Named
}

const kinds = { Pod: 'pod', Secret: 'secret', Node: 'node' } as const
const claimNames = ['pod', 'secret', 'node'] as const

/** Throws NotFound, Conflict for another uid, BadRequest for a kind or a pod that the token cannot be bound to. */
export function boundClaims(store: Store, account: ObjectKey, ref: BoundObjectRef): BoundClaims {
  const { kind = '', apiVersion = 'v1', name = '', uid = '' } = ref
  if (!isBindable(kind) || apiVersion !== 'v1') {
    throw new FlotillaError('BadRequest', `cannot bind token to object of type ${apiVersion}, Kind=${kind}`)
  }
  const claim = kinds[kind]
  const object = objectOf(store, account.namespace ?? '', claim, name)
  const details = { name, kind: `${claim}s` }
  if (object === undefined) throw new FlotillaError('NotFound', `${claim}s "${name}" not found`, details)
  const found = object.metadata.uid ?? ''
  if (uid !== '' && uid !== found) {
    const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
    throw new FlotillaError('Conflict', `Operation cannot be fulfilled on ${claim}s "${name}": ${why}`, details)
  }
  const runsAs = (object.spec as { serviceAccountName?: string } | undefined)?.serviceAccountName
  if (claim === 'pod' && runsAs !== account.name) {
    const text = `cannot bind token for serviceaccount "${account.name}" to pod running with different serviceaccount name.`
    throw new FlotillaError('BadRequest', text)
  }
  return { [claim]: { name, uid: found } }
}

/** Whether all that the token is bound to is still there, and the same. */
export function isStillBound(store: Store, namespace: string, claims: BoundClaims): boolean {
  return claimNames.every((claim) => {
    const bound = claims[claim]
    return bound === undefined || objectOf(store, namespace, claim, bound.name)?.metadata.uid === bound.uid
  })
}

function isBindable(kind: string): kind is keyof typeof kinds {
  return Object.hasOwn(kinds, kind)
}

function objectOf(store: Store, namespace: string, claim: keyof BoundClaims, name: string): KubeObject | undefined {
  const place = claim === 'node' ? name : `${namespace}/${name}`
  return store.get(`${claim}s/${place}`)?.object
}
