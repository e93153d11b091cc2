// Kubeconfig files: reading them, and turning one context into a server and credentials.
import { FlotillaError } from '@flotilla/machinery/errors'
import { parse } from 'yaml'
import type { Credentials, ServerAddress } from './credentials.ts'

export interface KubeconfigCluster {
  readonly server?: string
  readonly 'certificate-authority'?: string
  readonly 'certificate-authority-data'?: string
  readonly 'insecure-skip-tls-verify'?: boolean
  readonly 'tls-server-name'?: string
  readonly 'proxy-url'?: string
}

export interface ExecConfig {
  readonly apiVersion?: string
  readonly command?: string
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value: string }[]
  readonly installHint?: string
  readonly provideClusterInfo?: boolean
}

export interface KubeconfigUser {
  readonly 'client-certificate'?: string
  readonly 'client-certificate-data'?: string
  readonly 'client-key'?: string
  readonly 'client-key-data'?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly username?: string
  readonly password?: string
  readonly exec?: ExecConfig
  readonly 'auth-provider'?: unknown
  readonly as?: string
  readonly 'as-groups'?: readonly string[]
  readonly 'as-uid'?: string
}

export interface KubeconfigContext {
  readonly name: string
  readonly namespace?: string
  readonly clusterName: string
  readonly cluster: KubeconfigCluster
  readonly userName: string
  readonly user: KubeconfigUser
}

export interface Kubeconfig {
  readonly currentContext?: string
  readonly contexts: readonly KubeconfigContext[]
}

/** Most kubeconfigs are a few kilobytes; more than this is no kubeconfig. */
const maxBytes = 1024 * 1024

/** Reads YAML or JSON. Throws Invalid for text that is no kubeconfig or names what it does not define. */
export function parseKubeconfig(text: string): Kubeconfig {
  if (text.length > maxBytes) throw refuse(`it has ${text.length} characters, at most ${maxBytes} are read`)
  const document = parseText(text)
  if (document['kind'] !== undefined && document['kind'] !== 'Config')
    throw refuse(`its kind is ${JSON.stringify(document['kind'])}, not Config`)
  const clusters = namedEntries(document, 'clusters', 'cluster')
  const users = namedEntries(document, 'users', 'user')
  const contexts = [...namedEntries(document, 'contexts', 'context')].map(([name, context]) => {
    const clusterName = textOf(context, 'cluster', `contexts[${name}]`) ?? ''
    const userName = textOf(context, 'user', `contexts[${name}]`) ?? ''
    const namespace = textOf(context, 'namespace', `contexts[${name}]`)
    const cluster = clusters.get(clusterName)
    if (cluster === undefined)
      throw refuse(`context ${name} names the cluster ${JSON.stringify(clusterName)}, which it does not define`)
    const user = userName === '' ? {} : users.get(userName)
    if (user === undefined)
      throw refuse(`context ${name} names the user ${JSON.stringify(userName)}, which it does not define`)
    return { name, clusterName, cluster, userName, user, ...(namespace === undefined ? {} : { namespace }) }
  })
  const currentContext = textOf(document, 'current-context', 'the file')
  return { contexts, ...(currentContext === undefined || currentContext === '' ? {} : { currentContext }) }
}

type Fields = { readonly [field: string]: unknown }

function parseText(text: string): Fields {
  let document: unknown
  try {
    document = parse(text, { version: '1.1', maxAliasCount: 100, logLevel: 'error' })
  } catch (error) {
    // The parser's message quotes lines, which may hold secrets.
    const at = error instanceof Error && 'linePos' in error ? linesOf(error.linePos) : ''
    throw refuse(`it is neither YAML nor JSON${at}`)
  }
  if (!isFields(document)) throw refuse('it holds no clusters, users and contexts')
  return document
}

function linesOf(position: unknown): string {
  const line = Array.isArray(position) ? (position[0] as { readonly line?: number } | undefined)?.line : undefined
  return line === undefined ? '' : ` (line ${line})`
}

function namedEntries(document: Fields, list: string, field: string): Map<string, Fields> {
  const entries = document[list] ?? []
  if (!Array.isArray(entries)) throw refuse(`${list} is not a list`)
  const found = new Map<string, Fields>()
  for (const [index, entry] of entries.entries()) {
    const name = isFields(entry) ? entry['name'] : undefined
    const body = isFields(entry) ? (entry[field] ?? {}) : undefined
    if (typeof name !== 'string' || name === '') throw refuse(`${list}[${index}] has no name`)
    if (!isFields(body)) throw refuse(`${list}[${name}].${field} is not an object`)
    if (!found.has(name)) found.set(name, body)
  }
  return found
}

/** The context of that name, or the current one, or the only one. Throws NotFound naming those that there are. */
export function findContext(config: Kubeconfig, name: string | undefined = config.currentContext): KubeconfigContext {
  const only = name === undefined && config.contexts.length === 1 ? config.contexts[0] : undefined
  const found = only ?? config.contexts.find((context) => context.name === name)
  if (found !== undefined) return found
  const names = config.contexts.map((context) => context.name).join(', ') || 'none'
  const what = name === undefined ? 'it sets no current-context' : `it has no context ${JSON.stringify(name)}`
  throw new FlotillaError('NotFound', `Cannot use the kubeconfig: ${what}; its contexts: ${names}`)
}

/** The server of a context whose certificates are inline. Throws Invalid naming the field that is wrong. */
export function serverOf({ cluster, clusterName }: KubeconfigContext): ServerAddress {
  const at = `clusters[${clusterName}].cluster`
  const url = textOf(cluster, 'server', at)
  if (url === undefined || !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw refuse(`${at}.server is no http(s) URL: ${JSON.stringify(url ?? '')}`)
  }
  const ca = dataOf(cluster, 'certificate-authority-data', at)
  const insecure = cluster['insecure-skip-tls-verify'] === true
  if (insecure && ca !== undefined) {
    throw refuse(`${at} has both certificate-authority-data and insecure-skip-tls-verify: remove one`)
  }
  const tlsServerName = textOf(cluster, 'tls-server-name', at)
  const proxyUrl = textOf(cluster, 'proxy-url', at)
  if (proxyUrl !== undefined && !/^https?:$/.test(URL.parse(proxyUrl)?.protocol ?? '')) {
    throw refuse(`${at}.proxy-url must begin with http:// or https://; other proxies are not supported`)
  }
  return {
    url: url.replace(/\/+$/, ''),
    ...(ca === undefined ? {} : { ca }),
    ...(insecure ? { insecureSkipTlsVerify: true } : {}),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
  }
}

/** Inline credentials of a context. Throws Invalid naming the field that is wrong or refused everywhere. */
export function credentialsOf({ user, userName }: KubeconfigContext): Credentials {
  const at = `users[${userName}].user`
  if (user.username !== undefined || user.password !== undefined) {
    throw refuse(`${at} has a username and password, which Kubernetes no longer accepts: use a token or a certificate`)
  }
  if (user['auth-provider'] !== undefined) {
    throw refuse(`${at}.auth-provider was removed from Kubernetes: use exec, a token or a certificate`)
  }
  const certificate = dataOf(user, 'client-certificate-data', at)
  const key = dataOf(user, 'client-key-data', at)
  const token = textOf(user, 'token', at)
  if ((certificate === undefined) !== (key === undefined)) {
    throw refuse(`${at} needs both client-certificate-data and client-key-data, and has one`)
  }
  return {
    ...(token === undefined ? {} : { token }),
    ...(certificate === undefined || key === undefined ? {} : { clientCertificate: { certificate, key } }),
  }
}

/** Fields of a context that reach for this machine: files to read, a program to run. */
export function localFieldsOf({ cluster, clusterName, user, userName }: KubeconfigContext): readonly string[] {
  const inCluster = (['certificate-authority'] as const)
    .filter((field) => cluster[field] !== undefined && cluster['certificate-authority-data'] === undefined)
    .map((field) => `clusters[${clusterName}].cluster.${field}`)
  const files = [
    user['client-certificate-data'] === undefined && user['client-certificate'] !== undefined
      ? 'client-certificate'
      : '',
    user['client-key-data'] === undefined && user['client-key'] !== undefined ? 'client-key' : '',
    user.tokenFile === undefined ? '' : 'tokenFile',
    user.exec === undefined ? '' : 'exec',
  ].filter((field) => field !== '')
  return [...inCluster, ...files.map((field) => `users[${userName}].user.${field}`)]
}

function dataOf(fields: object, field: string, at: string): string | undefined {
  const encoded = textOf(fields, field, at)
  if (encoded === undefined || encoded === '') return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  if (!text.includes('-----BEGIN ')) throw refuse(`${at}.${field} is not the base64 form of PEM`)
  return text
}

function textOf(fields: object, field: string, at: string): string | undefined {
  const value = (fields as Fields)[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw refuse(`${at}.${field} is not text`)
  return value
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function refuse(why: string): FlotillaError {
  return new FlotillaError('Invalid', `Cannot use the kubeconfig: ${why}`)
}
