// The scale subresource: replicas of any kind, read and written without knowing the kind.
import { FlotillaError } from '@flotilla/machinery/errors'
import { fieldInvalid } from '@flotilla/machinery/field-error'
import { getPath, setPath } from '@flotilla/machinery/json'
import { fromLabelSelector, formatSelector } from '@flotilla/machinery/selector'
import type { KubeObject } from '@flotilla/machinery/object'
import type { ScalePaths, ServedResource } from '../served-resource.ts'
import { invalid, notFound } from './refusals.ts'

/** Throws NotFound when the resource has no scale. */
function pathsOf(resource: ServedResource, name: string): ScalePaths {
  if (resource.scale === undefined) throw notFound(resource, name)
  return resource.scale
}

export function scaleOf(resource: ServedResource, object: KubeObject): KubeObject {
  const paths = pathsOf(resource, object.metadata.name)
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  if (resource.isCustom) requireReplicas(object, paths)
  const replicas = numberAt(object, paths.specReplicasPath)
  const selector = selectorOf(resource, paths, object)
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: numberAt(object, paths.statusReplicasPath), ...(selector ? { selector } : {}) },
  }
}

function requireReplicas(object: KubeObject, { specReplicasPath }: ScalePaths): void {
  if (getPath(object, steps(specReplicasPath)) !== undefined) return
  const message = `the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`
  throw new FlotillaError('Internal', `Internal error occurred: ${message}`, { causes: [{ message }] })
}

/** `object` with the replicas that `scale` asks for. Throws Invalid for a negative or fractional number. */
export function withScale(resource: ServedResource, object: KubeObject, scale: KubeObject): KubeObject {
  const paths = pathsOf(resource, object.metadata.name)
  const replicas = (scale.spec as { replicas?: unknown } | undefined)?.replicas ?? 0
  if (!Number.isInteger(replicas) || (replicas as number) < 0) {
    const cause = fieldInvalid('spec.replicas', replicas, 'must be greater than or equal to 0')
    throw invalid({ group: 'autoscaling', kind: 'Scale' }, object.metadata.name, [cause])
  }
  return setPath(object, steps(paths.specReplicasPath), replicas)
}

function numberAt(object: KubeObject, path: string): number {
  const value = getPath(object, steps(path))
  return typeof value === 'number' ? value : 0
}

function selectorOf(resource: ServedResource, paths: ScalePaths, object: KubeObject): string | undefined {
  if (resource.isCustom) {
    const value = paths.labelSelectorPath ? getPath(object, steps(paths.labelSelectorPath)) : undefined
    return typeof value === 'string' ? value : undefined
  }
  const selector = (object.spec as { selector?: Record<string, unknown> } | undefined)?.selector
  if (selector === undefined) return undefined
  const isPlain = resource.kind === 'ReplicationController'
  return formatSelector(fromLabelSelector(isPlain ? { matchLabels: selector as Record<string, string> } : selector))
}

/** `.spec.replicas` as steps. */
function steps(path: string): readonly string[] {
  return path.split('.').slice(1)
}
