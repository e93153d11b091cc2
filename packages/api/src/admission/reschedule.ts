// Rules for `reschedule`: what goes with which mode, and whether costs could move anything at all.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { isTimeZone, problemWith } from '../cron.ts'
import type { Placement } from '../placement.ts'
import type { Reschedule } from '../reschedule.ts'

export function checkReschedule(
  field: string,
  reschedule: Reschedule | undefined,
  placement: Placement,
): readonly StatusCause[] {
  if (reschedule === undefined) return []
  return [...checkSchedule(field, reschedule), ...checkCosts(field, reschedule, placement)]
}

function checkSchedule(field: string, { mode, schedule, timeZone }: Reschedule): readonly StatusCause[] {
  if (mode !== 'Scheduled') {
    const set = Object.entries({ schedule, timeZone }).filter(([, value]) => value !== undefined)
    return set.map(([name]) =>
      fieldForbidden(`${field}.${name}`, `only with mode Scheduled, not ${mode}: set that, or leave it out`),
    )
  }
  if (schedule === undefined) return [fieldRequired(`${field}.schedule`, 'mode Scheduled needs one, such as 0 3 * * *')]
  const problem = problemWith(schedule)
  return [
    ...(problem === undefined ? [] : [fieldInvalid(`${field}.schedule`, schedule, problem)]),
    ...(timeZone === undefined || isTimeZone(timeZone)
      ? []
      : [fieldInvalid(`${field}.timeZone`, timeZone, 'is no name of a time zone, such as Europe/Berlin')]),
  ]
}

function checkCosts(field: string, reschedule: Reschedule, placement: Placement): readonly StatusCause[] {
  const { mode } = reschedule
  const limits = (['maxMoves', 'maxMovesPercent', 'minGainPercent'] as const).filter(
    (name) => reschedule[name] !== undefined,
  )
  if (mode === 'Never') {
    return limits.map((name) => fieldForbidden(`${field}.${name}`, 'not with mode Never, which moves nothing'))
  }
  const reason = reasonCostsMoveNothing(placement)
  if (reason === undefined) return []
  const names = mode === 'OnChange' ? ['mode'] : limits
  return names.map((name) => fieldForbidden(`${field}.${name}`, reason))
}

/** The rebalancer leaves alone whatever its numbers do not tell the whole of. */
function reasonCostsMoveNothing(placement: Placement): string | undefined {
  const { objective, clusterAffinities = [], workloadAffinity } = placement
  if (objective === undefined) {
    return 'needs spec.placement.objective: without costs nothing is better elsewhere; set that, or leave it out'
  }
  const without = (name: string) =>
    `not together with spec.placement.${name}, which no costs move: leave one of them out`
  if ((objective.load ?? 0) > 0) return without('objective.load')
  if (clusterAffinities.length > 1) return without('clusterAffinities')
  return workloadAffinity === undefined ? undefined : without('workloadAffinity')
}
