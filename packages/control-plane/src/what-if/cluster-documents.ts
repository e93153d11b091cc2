// Clusters in files: edits of registered ones, and new ones, which say in their status what room they have.
import { type Cluster, clusterKind } from '@flotilla/api/cluster'
import { openApiOf } from '@flotilla/api/crd'
import { invalidObject } from '@flotilla/machinery/field-error'
import type { KubeObject } from '@flotilla/machinery/object'
import type { KindSchema } from '@flotilla/machinery/schema'
import { asDict } from '@flotilla/machinery/untyped'
import { validateValue } from '@flotilla/machinery/validate'
import type { WouldBe } from './would-be.ts'

const schema: KindSchema = { root: openApiOf(clusterKind), resolve: () => undefined }

/** A cluster that is not registered, as the file says it. Throws Invalid naming the fields that are wrong. */
export function newCluster(document: KubeObject): Cluster {
  const { name } = document.metadata
  const cluster = { ...document, spec: { id: `new cluster ${name}`, ...asDict(document['spec']) } }
  const causes = validateValue(schema, cluster)
  if (causes.length > 0) throw invalidObject(clusterKind.resource, name, causes)
  return cluster as KubeObject as Cluster
}

/** A registered cluster as it would be: what the file says of its status counts in place of what is observed. */
export function editedCluster({ document, object }: WouldBe): KubeObject {
  return document['status'] === undefined ? object : { ...object, status: document['status'] }
}
