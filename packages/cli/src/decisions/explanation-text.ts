// A decision in words and as a matrix: one line for each cluster. Pure.
import { replicasOf, requirementsOf } from '@flotilla/control-plane/requirements'
import type { PolicyRef, Verdict } from '@flotilla/api/resource-binding'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import { findCondition } from '@flotilla/runtime/conditions'
import { ageOf } from '../output/age.ts'
import type { Colour, Paint } from '../output/colour.ts'
import { formatTable } from '../output/table.ts'
import { costColumns, pricesText } from './cost-text.ts'
import type { Explained } from '@flotilla/control-plane/what-if/explain-every'
import type { Binding } from '@flotilla/control-plane/hub'
import { prepareWhy, unknownClusters, unknownText } from '@flotilla/control-plane/what-if/why'

export interface ExplanationInput {
  readonly template: KubeObject
  readonly binding: Binding
  readonly explained: Explained
  readonly paint: Paint
  readonly now: number
}

export function explanationText(input: ExplanationInput): string {
  const { template, binding, now } = input
  const { decision, losingPolicies = [], removals = [], rebalanced } = binding.spec
  const lines = [
    `${template.kind} ${keyOf(template.metadata)}${replicasText(binding)}`,
    policyLine(binding),
    ...priorityLines(binding),
    ...preemptionLines(binding),
    ...losingPolicies.map((policy) => `  lost: ${policyText(policy)}`),
    decision === undefined
      ? 'Decision: none yet. Next: flotilla status'
      : `Decision ${decision.forHash}, made because: ${decision.explanation.trigger}; ${decision.explanation.feasible} clusters can take it`,
    ...(rebalanced ? [`Rebalanced ${ageOf(rebalanced.time, now)} ago: ${rebalanced.message}`] : []),
    ...(decision?.shortfall ? [`Shortfall: ${decision.shortfall.message} (${decision.shortfall.reason})`] : []),
    ...linesOf(unknownText(unknownClusters(input.explained))),
    ...linesOf(pricesText(decision?.explanation.currency, input.explained.verdicts)),
    ...conditionLines(binding),
    ...removals.map(
      ({ cluster, object, reason }) => `Going: ${object.kind} ${object.name} from ${cluster} (${reason})`,
    ),
  ]
  return `${lines.join('\n')}\n\n${matrix(input)}`
}

export function noBindingText(template: KubeObject, claiming: readonly Binding[]): string {
  const what = `${template.kind} ${keyOf(template.metadata)}`
  if (claiming.length === 0) {
    return `${what} goes nowhere: no policy selects it. Next: write a PropagationPolicy whose resourceSelectors name it\n`
  }
  const lines = claiming.map(({ spec }) => {
    const ref = spec.workloads[0]?.ref
    const clusters = (spec.decision?.clusters ?? []).map(({ name }) => name).join(', ')
    return `  ${ref?.kind} ${ref?.name} on ${clusters || 'no cluster yet'}\n`
  })
  return `${what} follows what needs it:\n${lines.join('')}Next: flotilla explain of one of these\n`
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : [text]
}

function replicasText({ spec }: Binding): string {
  const parts = requirementsOf(spec)?.parts
  if (parts !== undefined) return `: ${parts.map(({ name, pods }) => `${pods} ${name}`).join(', ')}, together`
  const replicas = replicasOf(spec)
  return replicas === undefined ? '' : `: ${replicas} replicas`
}

function policyLine({ spec }: Binding): string {
  if (spec.policy === undefined) return 'Policy: none selects it any more; what was placed stays in place'
  return `Policy: ${policyText(spec.policy)}`
}

function priorityLines({ spec }: Binding): readonly string[] {
  if (spec.schedulePriority === undefined) return []
  const { priority, priorityClassName, problem } = spec.schedulePriority
  const why = problem ?? (priorityClassName === undefined ? 'no PriorityClass' : `PriorityClass ${priorityClassName}`)
  return [`Priority: ${priority} (${why})`]
}

/** E.g. `Preemption: on eu-1 3 of Deployment shop/low give way to it, since 2026-01-01T00:00:00Z (Taken)`. */
function preemptionLines({ spec: { preemption } }: Binding): readonly string[] {
  if (preemption === undefined) return []
  const { cluster, victims, since, outcome } = preemption
  const given = victims.map(({ ref, replicas }) => `${replicas} of ${ref.kind} ${keyOf(ref)}`).join(', ')
  const verb = outcome === undefined ? 'give way' : 'gave way'
  return [`Preemption: on ${cluster} ${given} ${verb} to it, since ${since}${outcome ? ` (${outcome})` : ''}`]
}

function policyText({ kind, namespace, name }: PolicyRef): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`
}

function conditionLines({ status }: Binding): readonly string[] {
  return ['Scheduled', 'Applied', 'Healthy'].flatMap((type) => {
    const condition = findCondition(status?.conditions, type)
    if (condition === undefined || condition.status === 'True') return []
    return [`${type}=${condition.status} ${condition.reason}: ${condition.message}`]
  })
}

const colours: Readonly<Record<Verdict['verdict'], Colour>> = {
  Chosen: 'green',
  Feasible: 'dim',
  Capped: 'yellow',
  Rejected: 'red',
}

function matrix({ binding, explained, paint, now }: ExplanationInput): string {
  const whyOf = prepareWhy(explained, replicasOf(binding.spec))
  const decided = new Map((binding.spec.decision?.clusters ?? []).map((cluster) => [cluster.name, cluster]))
  const outcomes = new Map((binding.status?.clusters ?? []).map((outcome) => [outcome.name, outcome]))
  const costs = costColumns(explained.verdicts)
  const rows = explained.verdicts.map((one) => {
    const { name, verdict, estimate, reasons = [] } = one
    const replicas = decided.get(name)?.replicas
    const from = decided.get(name)?.from
    const outcome = outcomes.get(name)
    const ready = outcome?.readyReplicas
    return [
      name,
      paint(colours[verdict], verdict),
      replicas === undefined ? '-' : from === undefined ? String(replicas) : `${from}→${replicas}`,
      ready === undefined ? '-' : String(ready),
      outcome?.state ?? '-',
      estimate === undefined ? '-' : String(estimate),
      ...costs.map(({ show }) => show(one)),
      outcome?.observedAt === undefined ? '-' : `${ageOf(outcome.observedAt, now)} ago`,
      [
        whyOf(one, decided.get(name)),
        ...reasons.map(({ filter, message }) => `${filter}: ${message}`),
        outcome?.message ?? '',
      ]
        .filter(Boolean)
        .join('; '),
    ]
  })
  const headings = costs.map(({ heading }) => heading)
  const columns = ['CLUSTER', 'VERDICT', 'REPLICAS', 'READY', 'STATE', 'WOULD FIT', ...headings, 'SEEN', 'WHY']
  return formatTable(columns, rows)
}
