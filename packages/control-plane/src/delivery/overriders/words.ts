// commandOverrider and argsOverrider: change the words that a container runs.
import type { WordsOverrider } from '@flotilla/api/override-policy'
import type { KubeObject } from '@flotilla/machinery/object'
import { changeContainer, withItems } from './containers.ts'
import { resolveText, type Variables } from './variables.ts'

export function overrideWords(
  object: KubeObject,
  field: 'command' | 'args',
  { containerName, operator, value }: WordsOverrider,
  variables: Variables,
): KubeObject {
  const words = value.map((word) => resolveText(word, variables))
  return changeContainer(object, containerName, (container) => {
    const before = Array.isArray(container[field]) ? (container[field] as readonly unknown[]) : []
    const isKept = (word: unknown) => !words.includes(word as string)
    return withItems(container, field, operator === 'add' ? [...before, ...words] : before.filter(isKept))
  })
}
