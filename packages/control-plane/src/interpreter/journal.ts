// Which rules failed for which objects, for the conditions of Interpreters. In memory, and no more than can be told.
import type { InterpreterOperation } from '@flotilla/api/interpreter-operations'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import type { RuleFailure } from './rule-failure.ts'

/** More objects than this of one Interpreter are not told apart. */
const mostFailures = 100

export class Journal {
  /** By Interpreter, then by what failed for whom. */
  readonly #failures = new Map<string, Map<string, string>>()
  readonly #listeners = new Set<(interpreter: string) => void>()

  noteFailure({ interpreter, operation, message }: RuleFailure, object: KubeObject, on: string): void {
    const known = this.#failures.get(interpreter) ?? new Map<string, string>()
    this.#failures.set(interpreter, known)
    const subject = subjectOf(operation, object, on)
    if (known.get(subject) === message || (known.size >= mostFailures && !known.has(subject))) return
    known.set(subject, message)
    this.#tell(interpreter)
  }

  noteAnswer(interpreter: string, operation: InterpreterOperation, object: KubeObject, on: string): void {
    const known = this.#failures.get(interpreter)
    if (known === undefined || !known.delete(subjectOf(operation, object, on))) return
    if (known.size === 0) this.#failures.delete(interpreter)
    this.#tell(interpreter)
  }

  /** The rules of the Interpreter are others now. */
  forget(interpreter: string): void {
    if (this.#failures.delete(interpreter)) this.#tell(interpreter)
  }

  /** What failed first, and for how many; undefined: nothing does. */
  failureOf(interpreter: string): string | undefined {
    const known = this.#failures.get(interpreter)
    const [first] = known ?? []
    if (known === undefined || first === undefined) return undefined
    const [subject, message] = first
    const more = known.size - 1
    return `${message}; for ${subject}${more === 0 ? '' : ` and ${more >= mostFailures - 1 ? 'at least ' : ''}${more} more`}`
  }

  onChange(listener: (interpreter: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(interpreter: string): void {
    for (const listener of this.#listeners) listener(interpreter)
  }
}

function subjectOf(operation: InterpreterOperation, { kind, metadata }: KubeObject, on: string): string {
  return `${kind} ${keyOf(metadata)} on ${on} (${operation})`
}
