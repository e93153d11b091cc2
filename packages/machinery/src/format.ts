// The string formats that schemas may name; one that is not listed is not checked, as upstream does.
import { checkDns1123Label, checkDns1123Subdomain } from './names.ts'

const byte = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const duration = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const scalaDuration =
  /^(?:\d+(?:\.\d+)?)\s*(?:ns|nano|nanos|us|micro|micros|ms|milli|millis|s|sec|secs|second|seconds|m|min|mins|minute|minutes|h|hr|hour|hours|d|day|days|w|wk|week|weeks)$/
const dateTime = /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/
const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'
const ipv4 = new RegExp(`^${octet}(?:\\.${octet}){3}$`)

const formats: Readonly<Record<string, (value: string) => boolean>> = {
  byte: (value) => byte.test(value),
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && isDay(value),
  datetime: (value) => dateTime.test(value) && isDay(value.slice(0, 10)),
  duration: (value) => duration.test(value) || scalaDuration.test(value),
  email: (value) => /^[^\s@<>]+@[^\s@<>]+$/.test(value),
  hostname: (value) =>
    value.length <= 255 && /^[a-zA-Z0-9]([-a-zA-Z0-9]{0,62})(\.[a-zA-Z0-9][-a-zA-Z0-9]{0,62})*\.?$/.test(value),
  ipv4: (value) => ipv4.test(value),
  ipv6: isIpv6,
  cidr: isCidr,
  mac: (value) =>
    /^(?:[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\1){4}(?:[0-9a-fA-F]{2}\1[0-9a-fA-F]{2}\1)?[0-9a-fA-F]{2}|(?:[0-9a-fA-F]{4}\.){2,3}[0-9a-fA-F]{4})$/.test(
      value,
    ),
  uri: (value) => value.startsWith('/') || URL.canParse(value),
  uuid: (value) => /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i.test(value),
  k8sshortname: (value) => checkDns1123Label(value).length === 0,
  k8slongname: (value) => checkDns1123Subdomain(value).length === 0,
}

/** True when `value` has the format, or the format is not one of those known. `date-time` equals `datetime`. */
export function matchesFormat(format: string, value: string): boolean {
  const name = format.replaceAll('-', '')
  return Object.hasOwn(formats, name) ? (formats[name]?.(value) ?? true) : true
}

function isDay(text: string): boolean {
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number)
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
  return day >= 1 && day <= days
}

function isIpv6(value: string): boolean {
  const [head = '', tail, extra] = value.split('::')
  if (extra !== undefined || !value.includes(':')) return false
  const groups = [...groupsOf(head), ...groupsOf(tail ?? '')]
  const last = groups.at(-1) ?? ''
  const count = groups.length + (ipv4.test(last) ? 1 : 0)
  const hex = ipv4.test(last) ? groups.slice(0, -1) : groups
  return hex.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (tail === undefined ? count === 8 : count < 8)
}

function groupsOf(text: string): string[] {
  return text === '' ? [] : text.split(':')
}

function isCidr(value: string): boolean {
  const [address = '', bits = '', extra] = value.split('/')
  if (extra !== undefined || !/^(0|[1-9]\d{0,2})$/.test(bits)) return false
  return ipv4.test(address) ? Number(bits) <= 32 : isIpv6(address) && Number(bits) <= 128
}
