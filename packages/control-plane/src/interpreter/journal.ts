// Which rules failed for which objects, for the conditions of Interpreters. In memory, and no more than can be told.
import type { InterpreterOperation } from '@flotilla/api/interpreter-operations'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import type { RuleFailure } from './rule-failure.ts'

/** Where an object is that a rule was asked about. */
export interface Subject {
  readonly kind: string
  /** As `keyOf` has it. */
  readonly key: string
  /** A cluster by name, or the hub. */
  readonly on: string
}

interface Failed extends Subject {
  readonly operation: InterpreterOperation
  readonly message: string
}

/** More objects than this of one Interpreter are not told apart. */
const mostFailures = 100

export class Journal {
  /** By Interpreter, then by what failed for whom. */
  readonly #failures = new Map<string, Map<string, Failed>>()
  readonly #listeners = new Set<(interpreter: string) => void>()

  noteFailure({ interpreter, operation, message }: RuleFailure, object: KubeObject, on: string): void {
    const known = this.#failures.get(interpreter) ?? new Map<string, Failed>()
    this.#failures.set(interpreter, known)
    const failed = { kind: object.kind, key: keyOf(object.metadata), on, operation, message }
    const id = idOf(failed)
    if (known.get(id)?.message === message || (known.size >= mostFailures && !known.has(id))) return
    known.set(id, failed)
    this.#tell(interpreter)
  }

  noteAnswer(interpreter: string, operation: InterpreterOperation, { kind, metadata }: KubeObject, on: string): void {
    const known = this.#failures.get(interpreter)
    if (known?.delete(idOf({ kind, key: keyOf(metadata), on, operation })) === true) this.#noteFewer(interpreter, known)
  }

  /** What the subjects were has gone: nothing fails for it any more. */
  forgetWhere(isGone: (subject: Subject) => boolean): void {
    for (const [interpreter, known] of this.#failures) {
      const gone = [...known].filter(([, failed]) => isGone(failed))
      for (const [id] of gone) known.delete(id)
      if (gone.length > 0) this.#noteFewer(interpreter, known)
    }
  }

  /** The rules of the Interpreter are others now. */
  forget(interpreter: string): void {
    if (this.#failures.delete(interpreter)) this.#tell(interpreter)
  }

  /** What failed first, and for how many; undefined: nothing does. */
  failureOf(interpreter: string): string | undefined {
    const known = this.#failures.get(interpreter)
    const [first] = known?.values() ?? []
    if (known === undefined || first === undefined) return undefined
    const { kind, key, on, operation, message } = first
    const more = known.size - 1
    const others = more === 0 ? '' : ` and ${known.size >= mostFailures ? 'at least ' : ''}${more} more`
    return `${message}; for ${kind} ${key} on ${on} (${operation})${others}`
  }

  onChange(listener: (interpreter: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #noteFewer(interpreter: string, known: ReadonlyMap<string, Failed>): void {
    if (known.size === 0) this.#failures.delete(interpreter)
    this.#tell(interpreter)
  }

  #tell(interpreter: string): void {
    for (const listener of this.#listeners) listener(interpreter)
  }
}

function idOf({ kind, key, on, operation }: Omit<Failed, 'message'>): string {
  return [kind, key, on, operation].join(' ')
}
