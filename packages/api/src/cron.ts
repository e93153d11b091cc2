// Times of a schedule in the five fields of cron. Pure: the time to count from is given.
import { Cron } from 'croner'

/** The first time after `after`, both milliseconds since 1970; undefined: there is none. Throws where `problemWith` finds any. */
export function nextTime(schedule: string, timeZone: string, after: number): number | undefined {
  return compile(schedule, timeZone).nextRun(new Date(after))?.getTime()
}

/** Why it is no schedule of which there is ever a time; undefined: it is one. */
export function problemWith(schedule: string): string | undefined {
  if (schedule.trim().split(/\s+/).length !== 5) return 'must have five fields, as in 0 3 * * *'
  try {
    return nextTime(schedule, 'UTC', 0) === undefined ? 'is a time that never comes' : undefined
  } catch {
    return 'is not a schedule as a CronJob has it, such as 0 3 * * *: every day at three'
  }
}

export function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** Nothing is ever run by it: it has no function to call. */
function compile(schedule: string, timezone: string): Cron {
  return new Cron(schedule, { mode: '5-part', timezone, paused: true })
}
