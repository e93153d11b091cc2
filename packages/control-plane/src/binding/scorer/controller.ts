// Says of each Scorer whether it answered when it was last asked.
import { fieldManager } from '@flotilla/api/group'
import { scorerResource } from '@flotilla/api/scorer'
import { setCondition } from '@flotilla/runtime/conditions'
import { type Controller, watch } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import { createStatusWriter } from '@flotilla/runtime/status-writer'
import type { Hub } from '../../hub.ts'
import type { ExternalScores } from './external-scores.ts'

export interface ScorerControllerDeps {
  readonly env: Env
  readonly hub: Hub
  readonly scores: ExternalScores
}

/** Keys are names of Scorers. */
export function createScorerController({ env, hub, scores }: ScorerControllerDeps): Controller {
  const status = createStatusWriter({ api: hub.api, resource: scorerResource, fieldManager })
  return {
    name: 'scorers',
    watches: [watch(hub.scorers, ({ key }) => [key]), watch(scores.changes, ({ key }) => [key])],
    async reconcile(name) {
      const [scorer, standing] = [hub.scorers.get(name), scores.standing(name)]
      if (scorer === undefined || standing === undefined) return
      const { generation } = scorer.metadata
      const condition = {
        type: 'Answering',
        status: standing.isAnswering ? ('True' as const) : ('False' as const),
        reason: standing.isAnswering ? 'Answered' : 'Failed',
        message: standing.message,
        ...(generation === undefined ? {} : { observedGeneration: generation }),
      }
      const conditions = setCondition(scorer.status?.conditions ?? [], condition, env.clock.now())
      await status.write(scorer, { ...scorer.status, conditions })
    },
  }
}
