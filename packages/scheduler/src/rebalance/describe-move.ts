// Moves for people.
import type { ProposedMove } from './propose.ts'

/** What moves where, and what that saves in all: `5 from cloud to home, saves 0.35 USD an hour`. */
export function describeMove({ from, to, replicas, saving }: ProposedMove, currency: string): string {
  if (from === undefined) return `${replicas} to ${to}, without a place so far`
  const total = replicas * saving
  const worth =
    total >= 0
      ? `saves ${formatMoney(total, currency)} an hour`
      : `costs ${formatMoney(-total, currency)} more an hour, and makes room for others`
  return `${replicas} from ${from} to ${to}, ${worth}`
}

export function formatMoney(amount: number, currency: string): string {
  return `${amount.toFixed(amount !== 0 && Math.abs(amount) < 0.1 ? 4 : 2)} ${currency}`
}
