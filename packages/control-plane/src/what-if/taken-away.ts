// Objects that would be deleted: asked of the hub as a dry run, so that it refuses whom it would refuse.
import type { ObjectRef } from '@flotilla/api/review'
import { group } from '@flotilla/api/group'
import { discover } from '@flotilla/machinery/discovery'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { kindIdOf } from '../object-id.ts'

/** What goes with these is more than they say. */
const refused: ReadonlyMap<string, string> = new Map([
  ['/Namespace', 'name what is in it instead'],
  [`${group}/Cluster`, 'that a cluster is lost is asked with `lose`'],
])

/** As they are. `namespace`: of those that say none. @throws NotFound, Forbidden, Invalid naming the object. */
export async function takenAway(
  api: KubeApi,
  refs: readonly ObjectRef[],
  namespace: string,
): Promise<readonly KubeObject[]> {
  if (refs.length === 0) return []
  const discovery = await discover(api)
  return Promise.all(
    refs.map(async (ref) => {
      const { apiVersion, kind, name } = ref
      const why = refused.get(kindIdOf(ref))
      if (why !== undefined) throw new FlotillaError('Invalid', `Cannot plan without ${kind} ${name}: ${why}`)
      const resource = discovery.find(apiVersion, kind)
      if (resource === undefined) {
        const what = `the hub does not serve ${kind} of ${apiVersion}`
        throw new FlotillaError('NotFound', `Cannot plan without ${kind} ${name}: ${what}`)
      }
      const key = resource.namespaced ? { name, namespace: ref.namespace ?? namespace } : { name }
      const found = await api.get(resource, key)
      await api.delete(resource, key, { dryRun: true })
      return { ...found, apiVersion, kind }
    }),
  )
}
