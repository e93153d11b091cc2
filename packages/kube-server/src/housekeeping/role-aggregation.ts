// Writes into the rules of aggregated ClusterRoles what they take in from others, for people and tools to read.
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import { deepEqual } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { aggregatedRules, aggregationRuleOf, rulesIn } from '../access/aggregation.ts'
import type { Housekeeper, HousekeepingDeps } from './deps.ts'
import { systemContext } from './deps.ts'
import { startKeyLoop } from './key-loop.ts'

const stored = 'clusterroles.rbac.authorization.k8s.io'
const context = systemContext('system:serviceaccount:kube-system:clusterrole-aggregation-controller')
const options = { fieldManager: 'clusterrole-aggregation-controller', force: true }

/** One key for all: a change of any role may change any other. */
const everyRole = 'clusterroles'

export function startRoleAggregation(deps: HousekeepingDeps): Housekeeper {
  const loop = startKeyLoop(deps.env, 'role-aggregation', () => aggregateAll(deps))
  const unfollow = deps.store.subscribe(stored, () => loop.add(everyRole))
  loop.add(everyRole)
  return {
    stop() {
      unfollow()
      loop.stop()
    },
  }
}

async function aggregateAll(deps: HousekeepingDeps): Promise<void> {
  const roles = deps.store.list({ prefix: `${stored}/` }).items.map(({ object }) => object)
  for (const role of roles) {
    if (aggregationRuleOf(role) === undefined) continue
    const rules = aggregatedRules(role, roles)
    if (!deepEqual(rules, rulesIn(role))) await write(deps, role, rules)
  }
}

async function write({ catalog, operations }: HousekeepingDeps, role: KubeObject, rules: readonly object[]) {
  const { apiVersion, kind, metadata } = role
  const resource = catalog.findKind(apiVersion, kind)
  if (resource === undefined) return
  const { name } = metadata
  const object: KubeObject = { apiVersion, kind, metadata: { name }, ...(rules.length === 0 ? {} : { rules }) }
  try {
    await operations.apply({ ...context, checkCreate: () => refuseGone(name) }, resource, { name }, object, options)
  } catch (error) {
    if (!isError(error, 'NotFound')) throw error
  }
}

/** A role that was deleted meanwhile must not come again. */
function refuseGone(name: string): never {
  throw new FlotillaError('NotFound', `clusterroles "${name}" not found`)
}
