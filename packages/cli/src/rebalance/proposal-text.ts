// A rebalance in words: what moves in which wave, what it saves, what stays and why. Pure.
import { describeMove, formatMoney } from '@flotilla/scheduler/rebalance/describe-move'
import type { Proposal, ProposedMove } from '@flotilla/scheduler/rebalance/propose'

/** `titleOf` names a workload by its key; `gate` as of the proposal. */
export function proposalText(proposal: Proposal, gate: number, titleOf: (key: string) => string): string {
  const { waves, left, gated, staying, currency } = proposal
  const lines = [
    costLine(proposal),
    ...waves.flatMap((wave, index) => [
      `Wave ${index + 1}: ${count(sum(wave), 'replica')}`,
      ...wave.map((move) => `  ${titleOf(move.key)}: ${describeMove(move, currency)}`),
    ]),
    ...(left.length > 0
      ? [`Left, over the budget or without room for both copies: ${count(sum(left), 'replica')}`]
      : []),
    ...(gated.replicas > 0 ? [gateLine(gated, gate, currency)] : []),
    ...[...staying].map(([reason, workloads]) => `Left alone: ${count(workloads, 'workload')} ${reason}`),
  ]
  return `${lines.join('\n')}\n`
}

function costLine({ cost: { before, after }, currency, replicas, waves }: Proposal): string {
  const now = `${count(replicas, 'replica')} that may move cost ${formatMoney(before, currency)} an hour`
  if (waves.length === 0) return `${now}. Nothing is to move.`
  const share = before > 0 ? `, ${((1 - after / before) * 100).toFixed(1)} % less` : ''
  return `${now}, then ${formatMoney(after, currency)}${share}.`
}

function gateLine({ replicas, saving }: Proposal['gated'], gate: number, currency: string): string {
  const which = `which is less than 1/${gate} of what a replica costs on average, for each`
  return `Not worth it: ${count(replicas, 'replica')} would save ${formatMoney(saving, currency)} an hour, ${which}`
}

function sum(moves: readonly ProposedMove[]): number {
  return moves.reduce((total, { replicas }) => total + replicas, 0)
}

function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`
}
