// When a cron line (`minute hour day month weekday`, in UTC) fires next. Pure.

interface Schedule {
  readonly minutes: ReadonlySet<number>
  readonly hours: ReadonlySet<number>
  readonly days: ReadonlySet<number>
  readonly months: ReadonlySet<number>
  readonly weekdays: ReadonlySet<number>
  /** Either of day and weekday is enough when both are stated. */
  readonly isEitherDay: boolean
}

const shortcuts: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}
const minuteMs = 60_000
const dayMs = 86_400_000
/** A line that no day of a leap cycle meets never fires. */
const farthestMs = 8 * 366 * dayMs

/** The first time after `after` (ms since 1970); undefined for a line that is wrong or never fires. */
export function nextCronTime(line: string, after: number): number | undefined {
  const schedule = parse(shortcuts[line] ?? line)
  if (schedule === undefined) return undefined
  let time = Math.floor(after / minuteMs) * minuteMs + minuteMs
  while (time - after < farthestMs) {
    const date = new Date(time)
    if (!isDay(schedule, date)) time = Math.floor(time / dayMs) * dayMs + dayMs
    else if (!schedule.hours.has(date.getUTCHours())) time = Math.floor(time / 3_600_000) * 3_600_000 + 3_600_000
    else if (!schedule.minutes.has(date.getUTCMinutes())) time += minuteMs
    else return time
  }
  return undefined
}

function isDay({ days, weekdays, months, isEitherDay }: Schedule, date: Date): boolean {
  if (!months.has(date.getUTCMonth() + 1)) return false
  const [day, weekday] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())]
  return isEitherDay ? day || weekday : day && weekday
}

function parse(line: string): Schedule | undefined {
  const fields = line.trim().split(/\s+/)
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields
  const minutes = parseField(minute, 0, 59)
  const hours = parseField(hour, 0, 23)
  const days = parseField(day, 1, 31)
  const months = parseField(month, 1, 12, 'jan feb mar apr may jun jul aug sep oct nov dec')
  const sevens = parseField(weekday, 0, 7, 'sun mon tue wed thu fri sat')
  if (fields.length !== 5 || !minutes || !hours || !days || !months || !sevens) return undefined
  const weekdays = new Set([...sevens].map((value) => value % 7))
  return { minutes, hours, days, months, weekdays, isEitherDay: !isAny(day) && !isAny(weekday) }
}

function isAny(field: string): boolean {
  return field.startsWith('*') || field.startsWith('?')
}

function parseField(field: string, least: number, most: number, names = ''): Set<number> | undefined {
  const values = new Set<number>()
  for (const part of field.toLowerCase().split(',')) {
    const match = /^(?:[*?]|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/(\d+))?$/.exec(part)
    if (match === null) return undefined
    const [, first, last, step] = match
    const from = first === undefined ? least : numberOf(first, names, least)
    const open = first === undefined || (step !== undefined && last === undefined)
    const to = last !== undefined ? numberOf(last, names, least) : open ? most : from
    if (!(from >= least && to <= most && from <= to) || step === '0') return undefined
    for (let value = from; value <= to; value += Number(step ?? 1)) values.add(value)
  }
  return values
}

function numberOf(text: string, names: string, least: number): number {
  const index = names === '' ? -1 : names.split(' ').indexOf(text)
  return index >= 0 ? index + least : Number(text)
}
