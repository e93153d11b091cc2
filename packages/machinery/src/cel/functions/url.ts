// URLs in expressions: `url("https://example.com:80/path").getHostname()`.
import { celFunc, celMap, celMethod, CelScalar, mapType } from '@bufbuild/cel'
import type { CelFunc } from '@bufbuild/cel'
import { opaqueType } from '../opaque.ts'

const { BOOL, DYN, STRING } = CelScalar
/** What the parts of `text` are, as it is written: an absolute URI, or a path from the root. */
interface Url {
  readonly text: string
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string
}

const type = opaqueType<Url>('URL', { normal: ({ text }) => text })
const shape = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/(?:[^/?#@]*@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?$/
const host = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]*))(?::(\d*))?$/

export const urlFunctions: readonly CelFunc[] = [
  celFunc('url', [STRING], DYN, (text) => {
    const url = read(text)
    if (!url) throw new Error(`"${text}" is no URL: it needs a scheme, or a path from the root`)
    return type.wrap(url)
  }),
  celFunc('isURL', [STRING], BOOL, (text) => read(text) !== undefined),
  part('getScheme', ({ scheme }) => scheme),
  part('getHost', (url) => url.host),
  part('getHostname', (url) => hostOf(url)[1] ?? hostOf(url)[2] ?? ''),
  part('getPort', (url) => hostOf(url)[3] ?? ''),
  part('getEscapedPath', ({ path }) => path),
  celMethod('getQuery', DYN, [], mapType(STRING, DYN), function () {
    const parameters = new URLSearchParams(type.unwrap(this).query)
    return celMap(new Map([...new Set(parameters.keys())].map((key) => [key, parameters.getAll(key)]))) as never
  }),
]

function part(name: string, of: (url: Url) => string): CelFunc {
  return celMethod(name, DYN, [], STRING, function () {
    return of(type.unwrap(this))
  })
}

function read(text: string): Url | undefined {
  const [matched, scheme = '', authority = '', path = '', query = ''] = shape.exec(text) ?? []
  if (matched === undefined || hasControl(text) || /%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  const isRooted = scheme !== '' || (path.startsWith('/') && authority === '')
  if (!isRooted || (scheme !== '' && authority === '' && path === '') || !host.test(authority)) return undefined
  return { text, scheme: scheme.toLowerCase(), host: authority, path, query }
}

function hostOf(url: Url): readonly (string | undefined)[] {
  return host.exec(url.host) ?? []
}

/** A control character or a space. */
function hasControl(text: string): boolean {
  return Array.from(text).some((character) => character <= ' ' || character === '\u007F')
}
