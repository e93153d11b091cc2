// Says of each Interpreter whether it is accepted, whether its rules count, and whether they answer.
import type { Condition } from '@flotilla/api/condition'
import { fieldManager } from '@flotilla/api/group'
import { interpreterOperations } from '@flotilla/api/interpreter-operations'
import { type Interpreter, interpreterResource } from '@flotilla/api/interpreter'
import { setCondition } from '@flotilla/runtime/conditions'
import { type Controller, watch } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Change, Source } from '@flotilla/runtime/source'
import { createStatusWriter } from '@flotilla/runtime/status-writer'
import type { Hub } from '../hub.ts'
import type { Interpreters } from './interpreters.ts'

export interface InterpreterDeps {
  readonly env: Env
  readonly hub: Pick<Hub, 'api' | 'interpreters'>
}

type Verdict = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

/** Failures come in hundreds where a rule is wrong: they are told once in so many milliseconds. */
const failureDelayMs = 1_000

/** Keys are names. */
export function createInterpreterController({ env, hub }: InterpreterDeps): Controller {
  const { interpreters } = hub

  /** One that comes with the hub has no status to tell it in. */
  function logged(name: string): readonly string[] {
    const failure = interpreters.journal.failureOf(name)
    if (failure !== undefined) env.log.warn({ interpreter: name }, failure)
    return []
  }

  const status = createStatusWriter({ api: hub.api, resource: interpreterResource, fieldManager })
  const written = new Map<string, number>()
  return {
    name: 'interpreters',
    watches: [
      watch(interpreters.objects, ({ key }) => [key]),
      // Whether one counts may depend on the others.
      watch<true>(interpreters, () => [...interpreters.objects.list()].map(({ metadata }) => metadata.name)),
      watch<true>(failures(interpreters), ({ key }) => (interpreters.objects.get(key) ? [key] : logged(key))),
    ],
    async reconcile(name) {
      const interpreter = interpreters.objects.get(name)
      if (interpreter === undefined) return void written.delete(name)
      const now = env.clock.now()
      const waitMs = (written.get(name) ?? Number.NEGATIVE_INFINITY) + failureDelayMs - now
      if (waitMs > 0) return { requeueAfterMs: waitMs }
      written.set(name, now)
      const operations = operationsOf(interpreter, interpreters)
      const verdicts = [acceptedOf(name, interpreters), inForceOf(operations), workingOf(name, interpreters)]
      const { generation } = interpreter.metadata
      const conditions = verdicts.reduce<readonly Condition[]>(
        (all, verdict) =>
          setCondition(all, generation === undefined ? verdict : { ...verdict, observedGeneration: generation }, now),
        interpreter.status?.conditions ?? [],
      )
      await status.write(interpreter, { conditions, operations })
      return undefined
    },
  }
}

function failures({ journal }: Interpreters): Source<true> {
  return {
    onChange: (listener: (change: Change<true>) => void) =>
      journal.onChange((key) => listener({ key, before: true, after: true })),
    synced: () => Promise.resolve(),
    hasSynced: true,
  }
}

type Operations = NonNullable<NonNullable<Interpreter['status']>['operations']>

function operationsOf(interpreter: Interpreter, interpreters: Interpreters): Operations {
  return interpreterOperations
    .filter((operation) => interpreter.spec[operation] !== undefined)
    .map((operation) => {
      const overriddenBy = interpreters.overriderOf(interpreter, operation)
      return { operation, ...(overriddenBy === undefined ? {} : { overriddenBy }) }
    })
}

function acceptedOf(name: string, interpreters: Interpreters): Verdict {
  const type = 'Accepted'
  const refusal = interpreters.refusalOf(name)
  if (refusal === undefined) return { type, status: 'True', reason: 'Compiled', message: '' }
  return { type, status: 'False', reason: 'Invalid', message: `None of its rules answers: ${refusal}` }
}

function inForceOf(operations: Operations): Verdict {
  const type = 'InForce'
  const lost = operations.filter(({ overriddenBy }) => overriddenBy !== undefined)
  if (lost.length === 0) return { type, status: 'True', reason: 'InForce', message: '' }
  const told = lost.map(({ operation, overriddenBy }) => `${operation} by Interpreter ${overriddenBy}`).join(', ')
  return { type, status: 'False', reason: 'Overridden', message: `Said by one that comes first by name: ${told}` }
}

function workingOf(name: string, { journal }: Interpreters): Verdict {
  const type = 'Working'
  const failure = journal.failureOf(name)
  if (failure === undefined) return { type, status: 'True', reason: 'Working', message: '' }
  return { type, status: 'False', reason: 'RuleFailed', message: failure }
}
