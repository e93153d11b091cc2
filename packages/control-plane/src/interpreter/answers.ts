// What rules answer, read into what the hub works with. Throws an Error that says what is wrong with an answer.
import type { Health, HealthState } from '@flotilla/machinery/health'
import { isObject } from '@flotilla/machinery/json'
import type { Dict } from '@flotilla/machinery/untyped'
import { count, podTemplate, type PodSet, type PodTemplate } from './pod-set.ts'

/** An object of the same namespace. */
export interface Dependency {
  readonly kind: string
  readonly name: string
}

const maxComponents = 256
const maxDependencies = 1_000
const maxStatusCharacters = 10_000

/** Whole and not negative; as large as the API can hold. */
export function readReplicas(answer: unknown): number {
  if (typeof answer !== 'number' || !Number.isInteger(answer) || answer < 0) {
    throw new Error(`${shown(answer)} is no number of replicas`)
  }
  return count(answer, 0)
}

export function readPod(answer: unknown): PodTemplate {
  if (!isObject(answer)) throw new Error(`${shown(answer)} is no pod template`)
  return podTemplate(answer)
}

export function readComponents(answer: unknown): readonly PodSet[] {
  const items = readList(answer, maxComponents, 'components')
  const sets = items.map((item) => {
    const { name, replicas, template } = readObject(item, 'component')
    if (typeof name !== 'string' || name === '') throw new Error(`a component has no name: ${shown(item)}`)
    return { name, replicas: readReplicas(replicas), pod: readPod(template ?? {}) }
  })
  const names = new Set(sets.map(({ name }) => name))
  if (names.size < sets.length) throw new Error('two components have one name')
  return sets
}

export function readDependencies(answer: unknown, kinds: readonly string[]): readonly Dependency[] {
  return readList(answer, maxDependencies, 'dependencies').map((item) => {
    const { kind, name } = readObject(item, 'dependency')
    if (typeof kind !== 'string' || !kinds.includes(kind)) {
      throw new Error(`objects of kind ${shown(kind)} cannot follow; ${kinds.join(', ')} can`)
    }
    if (typeof name !== 'string' || name === '') throw new Error(`a dependency has no name: ${shown(item)}`)
    return { kind, name }
  })
}

const states: readonly HealthState[] = ['Healthy', 'Progressing', 'Degraded', 'Suspended', 'Unknown']

export function readHealth(answer: unknown): Health {
  const { state, message = '' } = isObject(answer) ? answer : { state: answer }
  const known = states.find((each) => each === state)
  if (known === undefined) throw new Error(`${shown(state)} is no health; ${states.join(', ')} are`)
  if (typeof message !== 'string') throw new Error(`${shown(message)} is no message`)
  return { state: known, message }
}

export function readFlag(answer: unknown): boolean {
  if (typeof answer !== 'boolean') throw new Error(`${shown(answer)} is neither true nor false`)
  return answer
}

export function readStatus(answer: unknown): Dict {
  const status = readObject(answer, 'status')
  const { length } = JSON.stringify(status)
  if (length > maxStatusCharacters) {
    throw new Error(`the status has ${length} characters, and ${maxStatusCharacters} is the most`)
  }
  return status
}

export function readObject(answer: unknown, what: string): Dict {
  if (!isObject(answer)) throw new Error(`${shown(answer)} is no ${what}`)
  return answer
}

function readList(answer: unknown, most: number, what: string): readonly unknown[] {
  if (!Array.isArray(answer)) throw new Error(`${shown(answer)} is no list of ${what}`)
  if (answer.length > most) throw new Error(`there are ${answer.length} ${what}, and ${most} is the most`)
  return answer
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}
