// The controllers that decide, wired as the control plane wires them.
import type { Controller } from '@flotilla/runtime/controller'
import { createSchedulerController } from '../src/binding/scheduler/controller.ts'
import { createPolicyController } from '../src/policy/controller.ts'
import { type CallScorer, cannotCall } from '../src/binding/scorer/call-scorer.ts'
import { createScorerController } from '../src/binding/scorer/controller.ts'
import { ExternalScores } from '../src/binding/scorer/external-scores.ts'
import type { TestHub } from './test-hub.ts'

export function decidingHalf(t: TestHub, callScorer: CallScorer = cannotCall): readonly Controller[] {
  const scores = new ExternalScores({ ...t, callScorer })
  const scheduler = createSchedulerController({ ...t, scores })
  const { withFirstDecision } = scheduler
  return [createPolicyController({ ...t, withFirstDecision }), scheduler, createScorerController({ ...t, scores })]
}
