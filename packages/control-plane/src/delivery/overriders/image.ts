// imageOverrider: changes registry, repository or tag of container images.
import type { ImageOverrider } from '@flotilla/api/override-policy'
import { getPath, setPath, type PathStep } from '@flotilla/machinery/json'
import { parsePointer } from '@flotilla/machinery/json-patch'
import type { KubeObject } from '@flotilla/machinery/object'
import { containersOf } from './containers.ts'
import { resolveText, type Variables } from './variables.ts'

interface Image {
  readonly registry: string
  readonly repository: string
  /** A digest (`sha256:…`) counts as the tag. */
  readonly tag: string
}

export function overrideImage(object: KubeObject, overrider: ImageOverrider, variables: Variables): KubeObject {
  return imagePaths(object, overrider).reduce((changed, path) => {
    const image = getPath(changed, path)
    return typeof image === 'string' ? setPath(changed, path, changeImage(image, overrider, variables)) : changed
  }, object)
}

function imagePaths(object: KubeObject, { predicate }: ImageOverrider): readonly (readonly PathStep[])[] {
  if (predicate === undefined) return containersOf(object).map(({ path }) => [...path, 'image'])
  return [parsePointer(predicate.path).map((step) => (/^\d+$/.test(step) ? Number(step) : step))]
}

function changeImage(text: string, { component, operator, value = '' }: ImageOverrider, variables: Variables): string {
  const image = parseImage(text)
  const part = component.toLowerCase() as keyof Image
  const wanted = operator === 'remove' ? '' : resolveText(value, variables)
  return formatImage({ ...image, [part]: operator === 'add' ? image[part] + wanted : wanted })
}

/** The first segment is a registry when it could not be a repository: it has a dot or a port, or is localhost. */
export function parseImage(text: string): Image {
  const [first = '', ...others] = text.split('/')
  const hasRegistry = others.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  const rest = hasRegistry ? others.join('/') : text
  const [named = '', digest] = rest.split('@')
  const [repository = '', tag = ''] = named.split(':')
  return { registry: hasRegistry ? first : '', repository, tag: digest ?? tag }
}

export function formatImage({ registry, repository, tag }: Image): string {
  const name = registry === '' ? repository : `${registry}/${repository}`
  if (tag === '') return name
  return tag.includes(':') ? `${name}@${tag}` : `${name}:${tag}`
}
