// Why workloads are not on clusters, in words. Pure.
import type { WhyNotAnswer } from '@flotilla/api/why-not'

type ObjectName = WhyNotAnswer['workload']

export function whyNotText(template: ObjectName, answers: readonly WhyNotAnswer[]): string {
  const workloads = [...new Set(answers.map(({ workload }) => titleOf(workload)))]
  const isFollower = !workloads.includes(titleOf(template))
  const head = isFollower ? [`${titleOf(template)} goes where its workloads go: ${workloads.join(', ')}\n`] : []
  return [...head, ...answers.map(answerText)].join('\n')
}

function answerText(answer: WhyNotAnswer): string {
  const { reasons, relax, moves } = answer
  const sections = [
    section(
      'Why',
      reasons.map(({ rule, message }) => `${rule}: ${message}`),
    ),
    section(
      'Smallest change, all of',
      relax.map(({ rule, change }) => `${rule}: ${change}`),
    ),
    section(
      'Then',
      moves.map(({ cluster, from, to }) => `${cluster}: ${from} -> ${to}`),
    ),
  ]
  return [`${headOf(answer)}\n`, ...sections].join('')
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}:\n${lines.map((line) => `  ${line}\n`).join('')}`
}

function headOf({ workload, cluster, verdict, replicas, total, estimate }: WhyNotAnswer): string {
  const what = titleOf(workload)
  const of = total === undefined ? '' : ` of ${total}`
  const room = estimate === undefined ? '' : `; ${estimate} more would fit`
  switch (verdict) {
    case 'Placed':
      return `${what} is on ${cluster} already${replicas === undefined ? '' : `: ${replicas}${of} replicas`}${room}`
    case 'Possible':
      return `${what} is not on ${cluster}${room}: no rule forbids it, and one replica there would cost only moves`
    case 'Barred':
      return `${what} is not on ${cluster}${room}: rules forbid it`
  }
}

function titleOf({ kind, namespace, name }: ObjectName): string {
  return `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`
}
