// A rule that gives no answer, or none that can be used: whoever asked goes on as before, or with the cautious default.
import type { InterpreterOperation } from '@flotilla/api/interpreter-operations'
import { FlotillaError } from '@flotilla/machinery/errors'

export class RuleFailure extends FlotillaError {
  readonly interpreter: string
  readonly operation: InterpreterOperation

  /** `reason` names neither. */
  constructor(interpreter: string, operation: InterpreterOperation, reason: string) {
    super('Invalid', `Rule ${operation} of Interpreter ${interpreter} failed: ${reason}`)
    this.interpreter = interpreter
    this.operation = operation
  }
}
