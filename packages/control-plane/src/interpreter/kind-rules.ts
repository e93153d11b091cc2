// All rules that count for one version of a kind: what each answers about an object.
import type { InterpreterOperation } from '@flotilla/api/interpreter-operations'
import type { InterpreterSpec } from '@flotilla/api/interpreter'
import type { Health } from '@flotilla/machinery/health'
import { getPath, setPath } from '@flotilla/machinery/json'
import { applyMergePatch } from '@flotilla/machinery/merge-patch'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Dict } from '@flotilla/machinery/untyped'
import {
  readComponents,
  readDependencies,
  readFlag,
  readHealth,
  readObject,
  readPod,
  readReplicas,
  readStatus,
  type Dependency,
} from './answers.ts'
import { CompiledRule } from './compiled-rule.ts'
import { followerKinds } from './follower-kinds.ts'
import type { Journal } from './journal.ts'
import type { PodSet, PodTemplate } from './pod-set.ts'
import { RuleFailure } from './rule-failure.ts'

/** Where an object is that is asked about: a cluster by name, or the hub. */
export const onHub = 'the hub'

/** A copy as rules of aggregation see it. */
export interface CopyFacts {
  readonly cluster: string
  /** What is kept of it; empty where it has not been seen. */
  readonly status: Dict
  readonly health: string
  readonly reachable: boolean
  /** The member's controller has seen this generation of the template. */
  readonly observed: boolean
}

/** The Interpreter whose rule counts, by operation. */
export type Ruling = ReadonlyMap<
  InterpreterOperation,
  {
    readonly interpreter: string
    readonly spec: InterpreterSpec
    /** Why the hub does not accept it: then each of its rules fails. */
    readonly refusal?: string | undefined
  }
>

export class KindRules {
  readonly #ruling: Ruling
  readonly #journal: Journal
  readonly #compiled = new Map<InterpreterOperation, CompiledRule>()
  readonly #podSets = new WeakMap<KubeObject, readonly PodSet[]>()

  constructor(ruling: Ruling, journal: Journal) {
    this.#ruling = ruling
    this.#journal = journal
  }

  has(operation: InterpreterOperation): boolean {
    return this.#ruling.has(operation)
  }

  /** Name of the Interpreter whose rule counts. */
  interpreterOf(operation: InterpreterOperation): string | undefined {
    return this.#ruling.get(operation)?.interpreter
  }

  /** Where replicas stand, for kinds that keep them at one place. */
  get replicasPath(): readonly string[] | undefined {
    const ruling = this.#ruling.get('replicas')
    return ruling?.refusal === undefined ? ruling?.spec.replicas?.path?.split('.') : undefined
  }

  /** Paths of fields that members own. */
  get retained(): readonly string[] {
    return this.#ruling.get('retain')?.spec.retain?.fields ?? []
  }

  replicas(object: KubeObject, on = onHub): number | undefined {
    const rule = this.#ruling.get('replicas')
    const path = this.replicasPath
    if (rule === undefined) return undefined
    if (path === undefined) return this.#ask('replicas', object, on, readReplicas)
    const found = getPath(object, path) ?? rule.spec.replicas?.default ?? 1
    return this.#read('replicas', object, on, () => readReplicas(found))
  }

  /** `object` with a share of its replicas. */
  withReplicas(object: KubeObject, replicas: number): KubeObject {
    const path = this.replicasPath
    if (path !== undefined) return setPath(object, path, replicas)
    this.#mustBeAccepted('replicas', object, onHub)
    const patch = this.#ask('revise', object, onHub, readRevision, { replicas })
    return patch === undefined ? object : (applyMergePatch(object, patch) as KubeObject)
  }

  /** The parts of an object that goes whole; undefined: it is not said to have any. */
  components(object: KubeObject): readonly PodSet[] | undefined {
    if (!this.has('components')) return undefined
    const known = this.#podSets.get(object) ?? this.#ask('components', object, onHub, readComponents)
    if (known !== undefined) this.#podSets.set(object, known)
    return known
  }

  /** The pod of one replica. */
  pod(object: KubeObject): PodTemplate | undefined {
    this.#mustBeAccepted('requirement', object, onHub)
    const path = this.#ruling.get('requirement')?.spec.requirement?.path?.split('.')
    if (path === undefined) return this.#ask('requirement', object, onHub, readPod)
    return this.#read('requirement', object, onHub, () => readPod(getPath(object, path) ?? {}))
  }

  dependencies(object: KubeObject): readonly Dependency[] {
    const kinds = Object.keys(followerKinds)
    return this.#ask('dependencies', object, onHub, (answer) => readDependencies(answer, kinds)) ?? []
  }

  health(object: KubeObject, on: string): Health | undefined {
    return this.#ask('health', object, on, readHealth)
  }

  isComplete(object: KubeObject, on: string): boolean | undefined {
    return this.#ask('completion', object, on, readFlag)
  }

  status(object: KubeObject, on: string): Dict | undefined {
    return this.#ask('status', object, on, readStatus)
  }

  aggregation(template: KubeObject, copies: readonly CopyFacts[]): Dict | undefined {
    return this.#ask('aggregation', template, onHub, (answer) => readObject(answer, 'status'), {
      copies,
      observed: copies.every((copy) => copy.observed),
    })
  }

  #ask<T>(
    operation: InterpreterOperation,
    object: KubeObject,
    on: string,
    read: (answer: unknown) => T,
    more?: object,
  ): T | undefined {
    this.#mustBeAccepted(operation, object, on)
    return this.#rule(operation)?.ask(withoutBookkeeping(object), on, read, more)
  }

  /** What was accepted by another version may not be by this one: no answer, rather than as if nothing were said. */
  #mustBeAccepted(operation: InterpreterOperation, object: KubeObject, on: string): void {
    const ruling = this.#ruling.get(operation)
    if (ruling?.refusal === undefined) return
    const failure = new RuleFailure(ruling.interpreter, operation, `it is not accepted: ${ruling.refusal}`)
    this.#journal.noteFailure(failure, object, on)
    throw failure
  }

  #rule(operation: InterpreterOperation): CompiledRule | undefined {
    const known = this.#compiled.get(operation)
    if (known) return known
    const ruling = this.#ruling.get(operation)
    const rule = ruling?.spec[operation]
    const expression = rule && 'expression' in rule ? rule.expression : undefined
    if (ruling === undefined || expression === undefined) return undefined
    const compiled = new CompiledRule({ interpreter: ruling.interpreter, operation, expression }, this.#journal)
    this.#compiled.set(operation, compiled)
    return compiled
  }

  /** The answer of a rule that only names a path. */
  #read<T>(operation: InterpreterOperation, object: KubeObject, on: string, read: () => T): T | undefined {
    const interpreter = this.interpreterOf(operation)
    if (interpreter === undefined) return undefined
    try {
      const answer = read()
      this.#journal.noteAnswer(interpreter, operation, object, on)
      return answer
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const failure = new RuleFailure(interpreter, operation, error.message)
      this.#journal.noteFailure(failure, object, on)
      throw failure
    }
  }
}

/** What an object is stays what it is. */
function readRevision(answer: unknown): Dict {
  const { apiVersion: _, kind: __, metadata: ___, status: ____, ...patch } = readObject(answer, 'patch')
  return patch
}

const bare = new WeakMap<KubeObject, KubeObject>()

/** Rules see no managedFields, which may be larger than all the rest. One object for one object: conversions are kept. */
function withoutBookkeeping(object: KubeObject): KubeObject {
  const { managedFields, ...metadata } = object.metadata
  if (managedFields === undefined) return object
  const known = bare.get(object) ?? { ...object, metadata }
  bare.set(object, known)
  return known
}
