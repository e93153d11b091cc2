// Says of each price sheet and carbon sheet whether it counts now, and why not.
import { type CarbonSheet, carbonSheetResource } from '@flotilla/api/carbon-sheet'
import { fieldManager } from '@flotilla/api/group'
import { type PriceSheet, priceSheetResource } from '@flotilla/api/price-sheet'
import type { Resource } from '@flotilla/machinery/resource'
import { setCondition } from '@flotilla/runtime/conditions'
import { type Controller, watch } from '@flotilla/runtime/controller'
import type { Env } from '@flotilla/runtime/env'
import type { Informer } from '@flotilla/runtime/informer'
import { createStatusWriter } from '@flotilla/runtime/status-writer'
import { judgeSheets, nextBoundary, type Standing } from '@flotilla/scheduler/cost/in-force'
import type { Hub } from '../../hub.ts'

type Sheet = PriceSheet | CarbonSheet

export interface CostSheetsDeps {
  readonly env: Env
  readonly hub: Hub
}

/** One for each kind of sheet; keys are names. */
export function createCostSheetControllers({ env, hub }: CostSheetsDeps): readonly Controller[] {
  return [
    createSheetController(env, hub, priceSheetResource, hub.priceSheets),
    createSheetController(env, hub, carbonSheetResource, hub.carbonSheets),
  ]
}

/** Timers are not for years: whatever comes later is looked at again by then. */
const longestWaitMs = 86_400_000

function createSheetController(env: Env, hub: Hub, resource: Resource, sheets: Informer<Sheet>): Controller {
  const status = createStatusWriter({ api: hub.api, resource, fieldManager })
  return {
    name: resource.plural,
    // Whether one counts may depend on the others.
    watches: [watch(sheets, () => [...sheets.list()].map(({ metadata }) => metadata.name))],
    async reconcile(name) {
      const now = env.clock.now()
      const all = [...sheets.list()]
      const sheet = sheets.get(name)
      const standing = sheet && judgeSheets(all, now).standings.get(sheet)
      if (sheet === undefined || standing === undefined) return
      const conditions = setCondition(sheet.status?.conditions ?? [], conditionOf(sheet, standing), now)
      await status.write(sheet, { ...sheet.status, conditions })
      const boundary = nextBoundary(all, now)
      return Number.isFinite(boundary) ? { requeueAfterMs: Math.min(boundary - now, longestWaitMs) } : undefined
    },
  }
}

function conditionOf({ metadata: { generation } }: Sheet, { inForce, reason, message }: Standing) {
  return {
    type: 'InForce',
    status: inForce ? ('True' as const) : ('False' as const),
    reason,
    message,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  }
}
