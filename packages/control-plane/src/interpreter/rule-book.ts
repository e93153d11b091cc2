// Which Interpreter answers for which kind and operation: people's before those that come with the hub, of several the
// first by name.
import { type InterpreterOperation, interpreterOperations } from '@flotilla/api/interpreter-operations'
import type { Interpreter } from '@flotilla/api/interpreter'
import { canonicalJson } from '@flotilla/machinery/json'
import { parseApiVersion } from '@flotilla/machinery/resource'
import type { KindId, ObjectRef } from '../object-id.ts'
import { Journal } from './journal.ts'
import { KindRules } from './kind-rules.ts'
import { shippedInterpreters } from './shipped.ts'

type KindRef = Pick<ObjectRef, 'apiVersion' | 'kind'>

/** Whoever reads objects of kinds that the hub does not know asks it. */
export interface RuleLookup {
  /** Undefined: nobody says anything of the kind. */
  rulesFor(kind: KindRef): KindRules | undefined
}

export const noRules: RuleLookup = { rulesFor: () => undefined }

/** How replicas are read, written and grouped is one question: whoever answers it in part answers it whole. */
const division: readonly InterpreterOperation[] = ['replicas', 'revise', 'components']

export class RuleBook implements RuleLookup {
  readonly #byKind: ReadonlyMap<KindId, readonly Interpreter[]>
  readonly #journal: Journal
  readonly #refusals: ReadonlyMap<string, string>
  readonly #rules = new Map<string, KindRules | undefined>()

  /** `own`: those that people made; `refusals`: why some of them are not accepted, by name. */
  constructor(
    own: readonly Interpreter[],
    journal = new Journal(),
    shipped = shippedInterpreters,
    refusals: ReadonlyMap<string, string> = new Map(),
  ) {
    const byName = own.toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1))
    this.#byKind = Map.groupBy([...byName, ...shipped], ({ spec }) => `${spec.target.group}/${spec.target.kind}`)
    this.#journal = journal
    this.#refusals = refusals
  }

  rulesFor({ apiVersion, kind }: KindRef): KindRules | undefined {
    const key = `${apiVersion}/${kind}`
    if (!this.#rules.has(key)) this.#rules.set(key, this.#rulesFor(apiVersion, kind))
    return this.#rules.get(key)
  }

  #rulesFor(apiVersion: string, kind: string): KindRules | undefined {
    const { group, version } = parseApiVersion(apiVersion)
    const interpreters = (this.#byKind.get(`${group}/${kind}`) ?? []).filter((each) => isFor(each, version))
    if (interpreters.length === 0) return undefined
    const ruling = interpreterOperations.flatMap((operation) => {
      const first = interpreters.find((each) => answers(each, operation))
      const says = first?.spec[operation] !== undefined
      if (first === undefined || !says) return []
      const { name: interpreter } = first.metadata
      return [[operation, { interpreter, spec: first.spec, refusal: this.#refusals.get(interpreter) }] as const]
    })
    return new KindRules(new Map(ruling), this.#journal)
  }

  /** Name of the Interpreter that answers in place of `interpreter`, for all versions that it is for or some. */
  overriderOf(interpreter: Interpreter, operation: InterpreterOperation): string | undefined {
    const { group, kind, versions } = interpreter.spec.target
    const rivals = this.#byKind.get(`${group}/${kind}`) ?? []
    const before = rivals.slice(
      0,
      rivals.findIndex(({ metadata }) => metadata.name === interpreter.metadata.name),
    )
    const beats = (each: Interpreter) =>
      answers(each, operation) && (versions?.some((version) => isFor(each, version)) ?? true)
    return before.find(beats)?.metadata.name
  }

  /** Everything that is said of each kind, as text: equal where it is the same. */
  digests(): ReadonlyMap<KindId, string> {
    const entries = [...this.#byKind].map(([kind, all]) => {
      return [kind, canonicalJson(all.map(({ metadata, spec }) => [metadata.name, spec]))] as const
    })
    return new Map(entries)
  }
}

function isFor({ spec }: Interpreter, version: string): boolean {
  return spec.target.versions?.includes(version) ?? true
}

function answers({ spec }: Interpreter, operation: InterpreterOperation): boolean {
  const asked = division.includes(operation) ? division : [operation]
  return asked.some((each) => spec[each] !== undefined)
}
