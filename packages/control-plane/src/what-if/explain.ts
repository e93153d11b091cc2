// Why a template is where it is, as the hub's bindings say it and as its clusters are now.
import type { ExplanationStatus } from '@flotilla/api/explanation'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { Binding } from '../hub.ts'
import { replicasOf } from '../requirements.ts'
import { type Explained, explainEvery } from './explain-every.ts'
import type { TemplateAndBindings } from './template-bindings.ts'
import { prepareWhy, unknownClusters } from './why.ts'
import { nameOf } from './why-not-answers.ts'

/** `now`: milliseconds since 1970. */
export async function explainTemplate(
  hub: KubeApi,
  { binding, bindings }: TemplateAndBindings,
  now: number,
): Promise<ExplanationStatus> {
  const asked = binding === undefined ? bindings : [binding]
  const answers = await Promise.all(asked.map(async (each) => explanationOf(each, await explainEvery(hub, each, now))))
  const role = binding !== undefined ? 'Workload' : bindings.length > 0 ? 'Follower' : 'None'
  return { role, answers: answers.flat() }
}

/** Nothing of a binding that names no template. */
function explanationOf({ spec, status }: Binding, explained: Explained): ExplanationStatus['answers'] {
  const { workloads, policy, losingPolicies = [], schedulePriority, decision, removals = [] } = spec
  const [workload] = workloads
  if (workload === undefined) return []
  const replicas = replicasOf(spec)
  const whyOf = prepareWhy(explained, replicas)
  const decided = new Map((decision?.clusters ?? []).map((cluster) => [cluster.name, cluster]))
  const { kind, ...metadata } = workload.ref
  return [
    {
      workload: nameOf(kind, metadata),
      ...(policy === undefined ? {} : { policy }),
      losingPolicies,
      ...(schedulePriority === undefined ? {} : { schedulePriority }),
      ...(replicas === undefined ? {} : { replicas }),
      ...(decision === undefined ? {} : { decision }),
      verdicts: explained.verdicts.map((verdict) => {
        const why = whyOf(verdict, decided.get(verdict.name))
        return why === '' ? verdict : { ...verdict, why }
      }),
      unknownClusters: unknownClusters(explained),
      removals,
      ...(status === undefined ? {} : { status }),
    },
  ]
}
