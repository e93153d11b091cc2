// Which of the forms that the server can write a client asked for.
import { FlotillaError } from '@flotilla/machinery/errors'

export interface Representation {
  readonly media: 'application/json' | 'application/yaml'
  /** The object itself when absent. */
  readonly as?: 'Table' | 'PartialObjectMetadata'
  /** The form is that of a list: no single object can be answered in it, and the other way round. */
  readonly isOfList?: boolean
  readonly asVersion: 'v1' | 'v1beta1'
}

export interface AcceptClause {
  readonly type: string
  readonly parameters: ReadonlyMap<string, string>
}

const plain: Representation = { media: 'application/json', asVersion: 'v1' }
const offered = ['application/json', 'application/yaml']
const protobuf = 'application/vnd.kubernetes.protobuf'
const cached = new Map<string, Representation | undefined>()
const cacheLimit = 200

/** Clauses of an Accept header, the most wanted first. */
export function parseAccept(header: string): readonly AcceptClause[] {
  const clauses = header.split(',').flatMap((text, index) => {
    const [type = '', ...rest] = text.split(';').map((part) => part.trim())
    if (type === '') return []
    const parameters = new Map(rest.map((part) => splitParameter(part)))
    return [{ type: type.toLowerCase(), parameters, index, quality: Number(parameters.get('q') ?? '1') || 0 }]
  })
  return clauses.sort((a, b) => b.quality - a.quality || a.index - b.index)
}

function splitParameter(part: string): [string, string] {
  const equals = part.indexOf('=')
  return equals < 0 ? [part, ''] : [part.slice(0, equals).trim(), part.slice(equals + 1).trim()]
}

/** Throws NotAcceptable when nothing that the client takes can be written. */
export function negotiate(accept: string | undefined): Representation {
  if (accept === undefined || accept === '' || accept === '*/*' || accept === 'application/json') return plain
  const found = cached.has(accept) ? cached.get(accept) : remember(accept, choose(accept))
  if (found === undefined) throw notAcceptable(accept)
  return found
}

/** No route at all, or one that cannot write the form that is asked for. */
export function notAcceptable(accept: string): FlotillaError {
  const types = parseAccept(accept).map(({ type }) => type)
  const all = [...offered, protobuf]
  if (!types.some((type) => type === '*/*' || all.includes(type))) {
    const streams = [offered[0], protobuf].map((type) => `${type};stream=watch`)
    const list = [...all, ...streams].join(', ')
    return new FlotillaError('NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${list}`, {})
  }
  // Protobuf is named as upstream names it, but not to those who ask for nothing else.
  const accepted = types.every((type) => type === protobuf) ? offered : all
  return new FlotillaError('NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`)
}

function remember(accept: string, choice: Representation | undefined): Representation | undefined {
  if (cached.size >= cacheLimit) cached.clear()
  cached.set(accept, choice)
  return choice
}

function choose(accept: string): Representation | undefined {
  for (const clause of parseAccept(accept)) {
    const choice = represent(clause)
    if (choice !== undefined) return choice
  }
  return undefined
}

function represent({ type, parameters }: AcceptClause): Representation | undefined {
  const media = mediaOf(type)
  if (media === undefined) return undefined
  const as = parameters.get('as')
  if (as === undefined) return { media, asVersion: 'v1' }
  const version = parameters.get('v')
  if (parameters.get('g') !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1')) return undefined
  if (as === 'Table') return { media, as: 'Table', asVersion: version }
  if (as === 'PartialObjectMetadata') return { media, as, asVersion: version }
  if (as === 'PartialObjectMetadataList') {
    return { media, as: 'PartialObjectMetadata', isOfList: true, asVersion: version }
  }
  return undefined
}

function mediaOf(type: string): Representation['media'] | undefined {
  if (type === 'application/json' || type === '*/*') return 'application/json'
  return type === 'application/yaml' ? 'application/yaml' : undefined
}
