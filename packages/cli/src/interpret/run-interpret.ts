// Prints what the hub would read of objects in files, by rules in files and by those that come with it.
import { admissionRules } from '@flotilla/api/admission'
import type { Interpreter } from '@flotilla/api/interpreter'
import { interpreterOperations } from '@flotilla/api/interpreter-operations'
import { RuleBook } from '@flotilla/control-plane/interpreter/rule-book'
import { objectIdOf } from '@flotilla/control-plane/object-id'
import { isInterpreter } from '@flotilla/control-plane/what-if/hub-state'
import { interpret, type Interpretation } from '@flotilla/control-plane/what-if/interpret'
import { loadCel } from '@flotilla/machinery/cel/program'
import { FlotillaError } from '@flotilla/machinery/errors'
import { isObject } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { createCommandEnv } from '../command-env.ts'
import type { InterpretFlags } from '../commands/interpret.ts'
import { titleOf } from '../decisions/rendering.ts'
import { Exit, exitCodes } from '../exit.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { formatTable } from '../output/table.ts'
import type { Terminal } from '../terminal.ts'
import { readFiles } from '../what-if/read-files.ts'

interface Answers {
  readonly object: KubeObject
  readonly answers: readonly Interpretation[]
}

export async function runInterpret(flags: InterpretFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const files = await readFiles(flags.filename)
  await loadCel()
  const rules = new RuleBook(files.filter(isInterpreter).map(admitted))
  const families = Map.groupBy(
    files.filter((file) => !isInterpreter(file)),
    ({ apiVersion, kind, metadata }) => objectIdOf({ apiVersion, kind, ...metadata }),
  )
  if (families.size === 0) {
    const names = flags.filename.join(', ')
    throw new FlotillaError('NotFound', `Cannot interpret anything in ${names}: there is no object but Interpreters`)
  }
  const now = createCommandEnv().clock.now()
  const all = [...families.values()].map(([object, ...copies]) => {
    const given = { object: object as KubeObject, copies: copies.length > 0 ? copies : [object as KubeObject] }
    const asked = flags.operation ?? interpreterOperations
    return { object: given.object, answers: interpret(asked, { ...given, share: flags.replicas, now }, rules) }
  })
  terminal.out(format === 'text' ? all.map(textOf).join('\n') : await formatValue(all.map(valueOf), format))
  const isFailed = all.some(({ answers }) => answers.some(({ failure }) => failure !== undefined))
  if (isFailed) throw new Exit(exitCodes.failed)
}

/** Throws Invalid as the hub would answer: rule, place and cause. */
function admitted(object: Interpreter): Interpreter {
  const author = { name: '', groups: [] }
  return (admissionRules.get('Interpreter')?.admit({ operation: 'CREATE', object, author }).object ??
    object) as Interpreter
}

function valueOf({ object: { apiVersion, kind, metadata }, answers }: Answers) {
  const { name, namespace } = metadata
  return { apiVersion, kind, ...(namespace === undefined ? {} : { namespace }), name, operations: answers }
}

function textOf({ object, answers }: Answers): string {
  const rows = answers.map((each) => [each.operation, each.by ?? sourceOf(each), shown(each)])
  return `${titleOf(object)}\n${formatTable(['OPERATION', 'BY', 'ANSWER'], rows)}`
}

function sourceOf({ answer }: Interpretation): string {
  return answer === undefined ? '<none>' : 'built in'
}

function shown({ answer, failure }: Interpretation): string {
  if (failure !== undefined) return `Error: ${failure}`
  if (answer === undefined) return '<none>'
  if (!isObject(answer) || typeof answer['state'] !== 'string') return JSON.stringify(answer)
  const { state, message } = answer
  return typeof message === 'string' && message !== '' ? `${state}: ${message}` : state
}
