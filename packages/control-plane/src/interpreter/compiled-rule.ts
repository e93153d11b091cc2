// One rule: compiled when it is first asked, evaluated at a bounded cost, given up when it costs too much.
import type { InterpreterOperation } from '@flotilla/api/interpreter-operations'
import { compileRule } from '@flotilla/api/interpreter-expression'
import { CelLoading, type Program } from '@flotilla/machinery/cel/program'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Journal } from './journal.ts'
import { RuleFailure } from './rule-failure.ts'

/** So many answers that cost more than the budget, and a rule is not asked any more: each costs milliseconds. */
const mostOverruns = 3

export interface RuleSource {
  readonly interpreter: string
  readonly operation: InterpreterOperation
  readonly expression: string
}

export class CompiledRule {
  readonly #source: RuleSource
  readonly #journal: Journal
  #program: Program | undefined
  #overruns = 0

  constructor(source: RuleSource, journal: Journal) {
    this.#source = source
    this.#journal = journal
  }

  /**
   * What `read` makes of the answer about `object` as it is `on` a cluster. Throws RuleFailure, and CelLoading while the
   * engine is being loaded.
   */
  ask<T>(object: KubeObject, on: string, read: (answer: unknown) => T, more: object = {}): T {
    const { interpreter, operation } = this.#source
    try {
      const answer = read(this.#evaluate({ object, ...more }))
      this.#journal.noteAnswer(interpreter, operation, object, on)
      return answer
    } catch (error) {
      if (error instanceof CelLoading || !(error instanceof Error)) throw error
      const failure = new RuleFailure(interpreter, operation, error.message)
      this.#journal.noteFailure(failure, object, on)
      throw failure
    }
  }

  #evaluate(bindings: Readonly<Record<string, unknown>>): unknown {
    const { operation, expression } = this.#source
    if (this.#overruns >= mostOverruns) {
      throw new Error(`it cost too much for ${mostOverruns} objects, and is not asked again before it is changed`)
    }
    this.#program ??= compileRule(operation, expression)
    try {
      return this.#program.evaluate(bindings)
    } catch (error) {
      if (error instanceof Error && /costs more than \d+ steps/.test(error.message)) this.#overruns++
      throw error
    }
  }
}
