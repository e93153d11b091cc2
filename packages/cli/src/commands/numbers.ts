// Numbers that people give as options.
import { InvalidArgumentError } from 'commander'

export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`${option} takes a whole number from ${least} to ${most}.`)
  }
}

export function factor(option: string, range: 'from 0' | 'above 0', example: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    const isInRange = Number.isFinite(value) && (range === 'from 0' ? value >= 0 : value > 0)
    if (text.trim() !== '' && isInRange) return value
    throw new InvalidArgumentError(`${option} takes a number ${range}, such as ${example}.`)
  }
}

/** `300ms`, `3s`, `2m` or plain seconds, in milliseconds. */
export function duration(option: string): (text: string) => number {
  return (text) => {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text)
    const unit = { ms: 1, s: 1000, m: 60_000 }[match?.[2] ?? 's'] ?? 1000
    const value = Number(match?.[1]) * unit
    if (match !== null && value > 0) return value
    throw new InvalidArgumentError(`${option} takes a time such as 3s or 500ms.`)
  }
}
