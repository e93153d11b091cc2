// Which objects of somebody else a person has let us adopt: each by its UID, on the template. Pure.
import { adoptAnnotation } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'

const none: ReadonlySet<string> = new Set()

export function adoptableBy({ metadata }: KubeObject): ReadonlySet<string> {
  const text = metadata.annotations?.[adoptAnnotation]
  return text === undefined ? none : new Set(text.split(',').filter((uid) => uid !== ''))
}

/** The annotation's value with `uids` besides. */
export function withConsent(template: KubeObject, uids: readonly string[]): string {
  return [...new Set([...adoptableBy(template), ...uids])].join(',')
}
