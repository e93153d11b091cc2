// Ages as kubectl writes them: two units at most, fewer the older.

/** `now` and `since` in milliseconds. */
export function formatAge(since: number, now: number): string {
  const seconds = Math.trunc((now - since) / 1000)
  if (Number.isNaN(seconds)) return '<unknown>'
  if (seconds < 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(seconds / 60)
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(minutes / 60)
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (days < 8) return two(days, 'd', hours % 24, 'h')
  if (days < 730) return `${days}d`
  const years = Math.trunc(days / 365)
  return years < 8 ? two(years, 'y', days % 365, 'd') : `${years}y`
}

export function ageOf(timestamp: string | undefined, now: number): string {
  return timestamp === undefined ? '<unknown>' : formatAge(Date.parse(timestamp), now)
}

function two(first: number, firstUnit: string, second: number, secondUnit: string): string {
  return second === 0 ? `${first}${firstUnit}` : `${first}${firstUnit}${second}${secondUnit}`
}
