// The Interpreters of the hub as they count now: the rules of each kind, and whose are others than before.
import { admissionRules } from '@flotilla/api/admission'
import type { Interpreter } from '@flotilla/api/interpreter'
import { loadCel } from '@flotilla/machinery/cel/program'
import { formatCauses } from '@flotilla/machinery/field-error'
import type { Informer } from '@flotilla/runtime/informer'
import type { Change, Source } from '@flotilla/runtime/source'
import type { KindId, ObjectRef } from '../object-id.ts'
import { Journal } from './journal.ts'
import { onHub, type KindRules } from './kind-rules.ts'
import { RuleBook, type RuleLookup } from './rule-book.ts'
import { shippedInterpreters } from './shipped.ts'

/** Changes are of kinds whose rules are others now, by KindId. */
export class Interpreters implements RuleLookup, Source<true> {
  readonly journal = new Journal()
  readonly objects: Informer<Interpreter>
  readonly #listeners = new Set<(change: Change<true>) => void>()
  readonly #ready = Promise.withResolvers<void>()
  readonly #unwatch: () => void
  #book = new RuleBook([], this.journal)
  #refusals: ReadonlyMap<string, string> = new Map()
  #isReady = false
  #rebuilding: Promise<void> | undefined
  #isStale = false

  constructor(objects: Informer<Interpreter>) {
    this.objects = objects
    this.#unwatch = objects.onChange(({ key, before, after }) => {
      if (before?.metadata.generation === after?.metadata.generation) return
      this.journal.forget(key)
      if (this.#isReady) this.#rebuild()
    })
    void objects.synced().then(() => this.#rebuild())
  }

  rulesFor(kind: Pick<ObjectRef, 'apiVersion' | 'kind'>): KindRules | undefined {
    return this.#book.rulesFor(kind)
  }

  /** Resolves when rules of the kind can be evaluated. */
  async ready(kind: Pick<ObjectRef, 'apiVersion' | 'kind'>): Promise<void> {
    if (this.rulesFor(kind)) await loadCel()
  }

  overriderOf(...args: Parameters<RuleBook['overriderOf']>): string | undefined {
    return this.#book.overriderOf(...args)
  }

  /** The hub no longer has it: no rule fails for it. */
  forgetTemplate(kindId: KindId, key: string): void {
    this.journal.forgetWhere(
      (subject) => subject.on === onHub && subject.key === key && kindId.endsWith(`/${subject.kind}`),
    )
  }

  /** What is wrong with it, though the hub holds it: none of its rules answers. */
  refusalOf(name: string): string | undefined {
    return this.#refusals.get(name)
  }

  onChange(listener: (change: Change<true>) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Nothing is read by rules before: a kind must not seem unknown because nobody has looked yet. */
  synced(): Promise<void> {
    return this.#ready.promise
  }

  get hasSynced(): boolean {
    return this.#isReady
  }

  start(): void {
    this.objects.start()
  }

  async stop(): Promise<void> {
    this.#unwatch()
    await this.objects.stop()
    await this.#rebuilding
  }

  /** One at a time; what changes meanwhile is seen by the next. */
  #rebuild(): void {
    this.#isStale = true
    this.#rebuilding ??= this.#rebuildUntilCurrent().finally(() => (this.#rebuilding = undefined))
  }

  async #rebuildUntilCurrent(): Promise<void> {
    while (this.#isStale) {
      if (this.objects.size > 0) await loadCel()
      this.#isStale = false
      const before = this.#book.digests()
      this.#book = this.#read()
      this.#isReady = true
      this.#ready.resolve()
      this.#tell(before, this.#book.digests())
    }
  }

  #read(): RuleBook {
    const all = [...this.objects.list()].filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    const refusals = all.flatMap((each) => {
      const causes = admissionRules.get('Interpreter')?.check(each) ?? []
      return causes.length === 0 ? [] : [[each.metadata.name, formatCauses(causes)] as const]
    })
    this.#refusals = new Map(refusals)
    return new RuleBook(all, this.journal, shippedInterpreters, this.#refusals)
  }

  #tell(before: ReadonlyMap<KindId, string>, after: ReadonlyMap<KindId, string>): void {
    const kinds = new Set([...before.keys(), ...after.keys()])
    for (const key of kinds) {
      if (before.get(key) === after.get(key)) continue
      for (const listener of this.#listeners) listener({ key, before: true, after: true })
    }
  }
}
