// I2 at rest and I7: what must hold once faults are over and everybody has had time.
import { hubLabel } from '@flotilla/api/group'
import type { KubeObject } from '@flotilla/machinery/object'
import { hubId } from '../controllers-process.ts'
import type { FleetModel } from '../fleet-model.ts'
import type { Watched } from './check.ts'

/** What is not yet as it shall be; none: all is at rest. */
export function unrest(watched: Watched): readonly string[] {
  const { model } = watched
  return [...unreadyClusters(watched), ...appsOf(model).flatMap((app) => unrestOf(watched, app))]
}

function appsOf({ templates, bindings, policies }: FleetModel): readonly string[] {
  const named = [...templates.values()].filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name)
  return [...new Set([...named, ...policies.keys(), ...[...bindings.values()].map(({ app }) => app)])]
}

function unreadyClusters({ model, members }: Watched): readonly string[] {
  return [...members.values()].flatMap(({ name, id }) => {
    const cluster = model.clusters.get(name)
    if (cluster === undefined) return []
    return cluster.id === id && cluster.isReady && cluster.state === 'Healthy' ? [] : [`cluster ${name} is not Healthy`]
  })
}

function unrestOf(watched: Watched, app: string): readonly string[] {
  const { model, members, held } = watched
  const template = model.templates.get(`Deployment ${app}`)
  const weights = model.weightsOf(app)
  const copies = [...members.values()]
    .filter(({ name }) => model.clusters.has(name))
    .map(({ name, keepsOrphans }) => {
      const isOrphan = keepsOrphans && !(template !== undefined && (weights?.get(name) ?? 0) > 0)
      return { name, copy: isOrphan ? undefined : ownOnly(held(name, `deployments.apps/shop/${app}`)) }
    })
  if (template === undefined) {
    const left = copies.filter(({ copy }) => copy !== undefined)
    return left.map(({ name }) => `${app} is still on ${name}, and its template is gone`)
  }
  // What a policy has placed stays when it goes.
  if (weights === undefined) {
    const isEnding = [...model.bindings.values()].some((binding) => binding.app === app && binding.isDeleted)
    return isEnding ? [`a binding of ${app} is still ending`] : []
  }
  const wanted = model.wantedOf(app) ?? 1
  const total = [...weights].reduce((sum, [name, weight]) => sum + (model.clusters.has(name) ? weight : 0), 0)
  if (total === 0) return []
  const problems = copies.flatMap(({ name, copy }) => {
    const weight = weights.get(name) ?? 0
    if (weight === 0) return copy === undefined ? [] : [`${app} is on ${name}, where nothing of it belongs`]
    return copyProblems(app, name, copy, (wanted * weight) / total, template)
  })
  const sum = copies.reduce((all, { copy }) => all + (copy === undefined ? 0 : replicasOf(copy)), 0)
  if (sum !== wanted) problems.push(`${app} is stated with ${sum} replicas in all, where ${wanted} are wanted`)
  return [...problems, ...settingsProblems(watched, app, copies), ...bindingProblems(model, app)]
}

function copyProblems(
  app: string,
  member: string,
  copy: KubeObject | undefined,
  share: number,
  template: KubeObject,
): string[] {
  if (copy === undefined) return share < 1 ? [] : [`${app} is missing on ${member}`]
  const replicas = replicasOf(copy)
  const status = copy['status'] as { readyReplicas?: number } | undefined
  const problems: string[] = []
  if (Math.abs(replicas - share) >= 1) problems.push(`${app} has ${replicas} on ${member}, where its share is ${share}`)
  if ((status?.readyReplicas ?? 0) !== replicas)
    problems.push(`${app} has ${status?.readyReplicas ?? 0} of ${replicas} ready on ${member}`)
  if (imageOf(copy) !== imageOf(template))
    problems.push(`${app} runs ${imageOf(copy)} on ${member}, not ${imageOf(template)}`)
  return problems
}

/** What a Deployment uses goes where it goes. */
function settingsProblems(
  { model, held }: Watched,
  app: string,
  copies: readonly { readonly name: string; readonly copy: KubeObject | undefined }[],
): readonly string[] {
  const settings = model.templates.get(`ConfigMap ${app}-settings`)
  if (settings === undefined) return []
  const wanted = JSON.stringify(settings['data'])
  return copies.flatMap(({ name, copy }) => {
    const found = held(name, `configmaps/shop/${app}-settings`)
    if (copy === undefined || JSON.stringify(found?.['data']) === wanted) return []
    return [`the settings of ${app} on ${name} are ${JSON.stringify(found?.['data'])}, not ${wanted}`]
  })
}

function bindingProblems(model: FleetModel, app: string): readonly string[] {
  const bindings = [...model.bindings.values()].filter((binding) => binding.app === app)
  if (bindings.length !== 1) return [`${app} has ${bindings.length} bindings`]
  return bindings.flatMap(({ conditions, spec }) => {
    const untrue = ['Scheduled', 'Applied', 'Healthy'].filter((type) => conditions[type] !== 'True')
    const problems = untrue.map((type) => `the binding of ${app} is not ${type}`)
    if ((spec.removals ?? []).length > 0) problems.push(`${app} has removals that wait`)
    return (spec.evictions ?? []).length === 0 ? problems : [...problems, `${app} is kept away from a cluster`]
  })
}

/** What a cluster kept when it left the hub is nobody's. */
function ownOnly(copy: KubeObject | undefined): KubeObject | undefined {
  return copy?.metadata.labels?.[hubLabel] === hubId ? copy : undefined
}

function replicasOf(copy: KubeObject): number {
  return (copy['spec'] as { replicas?: number }).replicas ?? 1
}

function imageOf(object: KubeObject): string | undefined {
  const spec = object['spec'] as { template: { spec: { containers: readonly { image: string }[] } } }
  return spec.template.spec.containers[0]?.image
}
