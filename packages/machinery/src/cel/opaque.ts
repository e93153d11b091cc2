// Values of types that CEL itself does not have: quantities, versions, addresses. The engine knows no types of others,
// so each is a map that holds its normal form, which makes `==` right, with what it stands for kept beside it.
import { celMap } from '@bufbuild/cel'
import type { CelMap } from '@bufbuild/cel'

interface Content {
  readonly type: OpaqueType<never>
  readonly text: string
  readonly value: unknown
}

const contents = new WeakMap<object, Content>()

interface OpaqueRules<T> {
  /** Equal for equal values. */
  readonly normal: (value: T) => string
  /** How it is written; default: the normal form. */
  readonly text?: (value: T) => string
  /** Negative, 0 or positive; without it values of the type have no order. */
  readonly compare?: (left: T, right: T) => number
}

/** One type of such values. */
export interface OpaqueType<T> {
  readonly name: string
  readonly compare: ((left: T, right: T) => number) | undefined
  wrap(value: T): CelMap
  /** Throws if `value` is something else. */
  unwrap(value: unknown): T
}

export function opaqueType<T>(name: string, { normal, text = normal, compare }: OpaqueRules<T>): OpaqueType<T> {
  const type: OpaqueType<T> = {
    name,
    compare,
    wrap(value) {
      const map = celMap(new Map([[name, normal(value)]]))
      contents.set(map, { type: type as unknown as OpaqueType<never>, text: text(value), value })
      return map
    },
    unwrap(value) {
      const found = contentOf(value)
      if (!found || found.type !== (type as unknown)) throw new Error(`expected a value of type ${name}`)
      return found.value as T
    },
  }
  return type
}

/** The text of a value of such a type; undefined for any other value. */
export function textOfOpaque(value: unknown): string | undefined {
  return contentOf(value)?.text
}

/** The order of two values of one such type. Throws for others, and for a type without an order. */
export function compareOpaque(left: unknown, right: unknown): number {
  const content = contentOf(left)
  if (!content?.type.compare) throw new Error('no such overload: values without an order')
  return content.type.compare(content.value as never, content.type.unwrap(right))
}

function contentOf(value: unknown): Content | undefined {
  return typeof value === 'object' && value !== null ? contents.get(value) : undefined
}
