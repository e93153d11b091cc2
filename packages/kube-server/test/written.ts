// What the writer of the crash test writes, and how it tells of it: content that proves itself whole.
import type { KubeObject } from '@flotilla/machinery/object'
import type { Stored } from '../src/store/store.ts'

/** Of one object: which transaction wrote it, and its place there. */
export interface Content {
  readonly group: string
  /** How many writes, at revisions one after the other, the transaction made. */
  readonly size: number
  readonly index: number
  /** How often the filler repeats the group's name: objects differ in length. */
  readonly copies: number
}

/** One write as a reader saw it. */
export interface Told {
  readonly revision: number
  readonly key: string
  /** Absent: deleted. */
  readonly content?: Content
}

export function contentOf(key: string, content: Content): KubeObject {
  const { group, size, index, copies } = content
  const [resource = '', namespace = '', name = ''] = key.split('/')
  return {
    apiVersion: 'v1',
    kind: resource === 'secrets' ? 'Secret' : 'ConfigMap',
    metadata: { namespace, name },
    data: { group, size: `${size}`, index: `${index}`, filler: `${group} `.repeat(copies) },
  }
}

/** Throws when what is stored is not what was written. */
export function toldOf({ key, revision, object }: Stored, isDeleted: boolean): Told {
  if (isDeleted) return { revision, key }
  const { group = '', size, index, filler = '' } = (object.data ?? {}) as Readonly<Record<string, string>>
  const content = { group, size: Number(size), index: Number(index), copies: filler.length / (group.length + 1) }
  if (filler !== `${group} `.repeat(content.copies)) throw new Error(`${key} at ${revision} is not whole`)
  return { revision, key, content }
}
