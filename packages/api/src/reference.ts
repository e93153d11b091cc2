// How bindings name objects and registrations of clusters.
import { object, optional, text } from './field.ts'

export const refProperties = {
  apiVersion: text('Group and version.', { minLength: 1 }),
  kind: text('Kind.', { minLength: 1 }),
  namespace: optional(text('Namespace; none for cluster-scoped objects.', { maxLength: 63 })),
  name: text('Name.', { minLength: 1, maxLength: 253 }),
}

export function reference(description: string) {
  return object(description, {
    ...refProperties,
    uid: text('UID: tells it from others of the name.', { minLength: 1 }),
  })
}

export const clusterUID = text(
  'UID of the Cluster, which tells this registration from later ones of the same cluster. None: written by an older version.',
  { minLength: 1 },
)
