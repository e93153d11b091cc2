// Times of a schedule in the five fields of cron, in any time zone. Pure: the time to count from is given.

/** What a time has to be; days of the week from 0, Sunday. */
interface Schedule {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly months: ReadonlySet<number>
  isDay(ofMonth: number, ofWeek: number): boolean
}

interface Field {
  readonly lowest: number
  readonly highest: number
  /** Of the lowest value and those after it. */
  readonly names?: readonly string[]
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const fields: readonly Field[] = [
  { lowest: 0, highest: 59 },
  { lowest: 0, highest: 23 },
  { lowest: 1, highest: 31 },
  { lowest: 1, highest: 12, names: monthNames },
  // Sunday is 7 as well.
  { lowest: 0, highest: 7, names: dayNames },
]

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
/** Leap days may be eight years apart. */
const daysToTry = 8 * 366

/**
 * The first time after `after`, both milliseconds since 1970; undefined: there is none. What a clock that is put forward
 * leaves out comes as much later; what comes twice where it is put back comes the first time only. Throws RangeError for
 * what `problemWith` and `isTimeZone` refuse.
 */
export function nextTime(schedule: string, timeZone: string, after: number): number | undefined {
  const wanted = parse(schedule)
  if (wanted === undefined) throw new RangeError(`${schedule} is no schedule`)
  const localOf = localTimes(timeZone)
  const firstDay = Math.floor(localOf(after) / dayMs) * dayMs
  for (let days = 0; days < daysToTry; days++) {
    const day = firstDay + days * dayMs
    if (!isOn(wanted, new Date(day))) continue
    const times = timesOn(day, wanted, localOf).filter((time) => time > after)
    if (times.length > 0) return Math.min(...times)
  }
  return undefined
}

/** Why it is no schedule of which there is ever a time; undefined: it is one. */
export function problemWith(schedule: string): string | undefined {
  if (schedule.trim().split(/\s+/).length !== fields.length) return 'must have five fields, as in 0 3 * * *'
  if (parse(schedule) === undefined) {
    return 'is not a schedule as a CronJob has it, such as 0 3 * * *: every day at three'
  }
  return nextTime(schedule, 'UTC', 0) === undefined ? 'is a time that never comes' : undefined
}

export function isTimeZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function parse(schedule: string): Schedule | undefined {
  const texts = schedule.trim().toLowerCase().split(/\s+/)
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = fields.map((field, at) => valuesOf(texts[at] ?? '', field))
  if (!minutes || !hours || !daysOfMonth || !months || !daysOfWeek) return undefined
  // As for CronJobs: where both kinds of days are given, either will do.
  const isEither = texts[2] !== '*' && texts[4] !== '*'
  return {
    minutes: [...minutes],
    hours: [...hours],
    months,
    isDay(ofMonth, ofWeek) {
      const onWeek = daysOfWeek.has(ofWeek) || (ofWeek === 0 && daysOfWeek.has(7))
      return isEither ? daysOfMonth.has(ofMonth) || onWeek : daysOfMonth.has(ofMonth) && onWeek
    },
  }
}

/** Of `*`, `5`, `mon`, `1-5`, each with a step (`/15`) or without, between commas. */
function valuesOf(text: string, field: Field): ReadonlySet<number> | undefined {
  const values = new Set<number>()
  for (const part of text.split(',')) {
    const [, from = '', to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? []
    const isAny = from === '*'
    const first = isAny ? field.lowest : valueOf(from, field)
    const last = to === undefined && (isAny || step !== undefined) ? field.highest : valueOf(to ?? from, field)
    const by = Number(step ?? 1)
    if (first === undefined || last === undefined || first > last || by < 1 || (isAny && to !== undefined))
      return undefined
    for (let value = first; value <= last; value += by) values.add(value)
  }
  return values
}

function valueOf(text: string, { lowest, highest, names = [] }: Field): number | undefined {
  const named = names.indexOf(text)
  const value = named >= 0 ? lowest + named : /^\d+$/.test(text) ? Number(text) : Number.NaN
  return value >= lowest && value <= highest ? value : undefined
}

/** `day`: a day of some local calendar, as if it were UTC. */
function isOn({ months, isDay }: Schedule, day: Date): boolean {
  return months.has(day.getUTCMonth() + 1) && isDay(day.getUTCDate(), day.getUTCDay())
}

type LocalTimes = (time: number) => number

/** What clocks show at a time, as if they showed UTC. */
function localTimes(timeZone: string): LocalTimes {
  const numeric = 'numeric'
  const format = Intl.DateTimeFormat('en', {
    timeZone,
    hourCycle: 'h23',
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  })
  return (time) => {
    const shown = new Map(format.formatToParts(new Date(time)).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes) => shown.get(type) ?? 0
    return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'))
  }
}

function timesOn(day: number, { hours, minutes }: Schedule, localOf: LocalTimes): readonly number[] {
  const local = hours.flatMap((hour) => minutes.map((minute) => day + hour * hourMs + minute * minuteMs))
  // No clock is put forward or back twice in three days, and none differs from UTC by more than one.
  const [before, after] = [day - dayMs, day + 2 * dayMs].map((time) => localOf(time) - time)
  if (before === undefined || after === undefined || before === after) return local.map((time) => time - (before ?? 0))
  return local.map((time) => {
    const shownAt = [time - before, time - after].filter((each) => localOf(each) === time)
    return shownAt.length > 0 ? Math.min(...shownAt) : time - before
  })
}
