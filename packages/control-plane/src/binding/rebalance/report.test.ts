import type { Proposal, ProposedMove } from '@flotilla/scheduler/rebalance/propose'
import { describe, expect, test } from 'vitest'
import { groupMoves, type Report, reportOf, stalled } from './report.ts'

const move: ProposedMove = { key: 'shop/web', from: 'cloud', to: 'home', replicas: 3, saving: 0.5 }
const other: ProposedMove = { ...move, key: 'shop/other', replicas: 9 }

function aProposal(waves: Proposal['waves'], left: Proposal['left'] = []) {
  return { waves, left }
}

describe('reportOf()', () => {
  const some = { total: 5, left: 2, moreAt: Number.POSITIVE_INFINITY }
  const none = { total: 5, left: 0, moreAt: Date.UTC(2026, 0, 1, 12) }
  test.each<{ name: string; given: Pick<Proposal, 'waves' | 'left'>; allowance?: typeof some; want: Report }>([
    {
      name: 'nothing of others',
      given: aProposal([[other]], [other]),
      want: { status: 'True', reason: 'Settled', message: 'No move is worth it' },
    },
    {
      name: 'what moves, and what comes after it',
      given: aProposal([[move, other], [move]], [{ ...move, replicas: 1 }]),
      want: {
        status: 'False',
        reason: 'Moving',
        message: 'Moves 3 replicas to save 1.50 USD an hour; 4 replicas to save 2.00 USD an hour more after that',
      },
    },
    {
      name: 'what is over the budget, and until when',
      given: aProposal([], [{ ...move, replicas: 1 }]),
      allowance: none,
      want: {
        status: 'False',
        reason: 'BudgetSpent',
        message:
          '1 replica to save 0.50 USD an hour would move, but the 5 that may move at a time have moved; they wait until 2026-01-01T12:00:00Z',
      },
    },
    {
      name: 'what has no room',
      given: aProposal([], [move]),
      want: {
        status: 'True',
        reason: 'NoRoom',
        message: '3 replicas to save 1.50 USD an hour would move, but there is no room for both copies meanwhile',
      },
    },
  ])('says $name', ({ given, allowance = some, want }) => {
    const owners = new Map([
      ['shop/web', 'mine'],
      ['shop/other', 'of another'],
    ])
    expect(reportOf(groupMoves(given, owners).get('mine'), 'USD', allowance)).toEqual(want)
  })
})

test('stalled() names what does not become ready, and the next command', () => {
  expect(stalled(['web', 'api'], '2026-01-01T12:00:00Z').message).toMatch(
    /^web and 1 more .* since 2026-01-01T12:00:00Z: what is new is not ready; .* Next: flotilla explain$/,
  )
})
