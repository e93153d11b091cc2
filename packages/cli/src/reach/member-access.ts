// How a registered member is reached: from its Cluster and its Secret to a client.
import type { Cluster } from '@flotilla/api/cluster'
import { addressCheck } from './address-check.ts'
import { checkEndpoint } from '@flotilla/api/admission/endpoint'
import type { Connect } from '@flotilla/control-plane/connect'
import { createKubeClient, type KubeClient, type KubeClientOptions } from '@flotilla/kube-client/client'
import type { Credentials, ServerAddress } from '@flotilla/kube-client/credentials'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDict } from '@flotilla/machinery/untyped'
import type { Env } from '@flotilla/runtime/env'

export interface MemberAccess {
  readonly server: ServerAddress
  readonly credentials: Credentials
}

export interface ConnectOptions {
  readonly env: Env
  /** Members on this machine are fine: the hub itself is only reached from it. */
  readonly allowLoopback: boolean
}

/** Members over HTTPS. Nothing is sent before the first call. */
export function connectOverHttps({ env, allowLoopback }: ConnectOptions): Connect {
  return (cluster, secret, purpose) => {
    const { server, credentials } = memberAccess(cluster, secret, allowLoopback)
    const checkAddress = addressCheck(env, server, cluster.metadata.name, allowLoopback)
    const checked = async () => {
      await checkAddress()
      return credentials
    }
    const client = createKubeClient({ env, server, credentials: checked, userAgent: `flotilla-${purpose}` })
    return { api: client, close: () => client.close() }
  }
}

/** A client of one member for the time of a command. */
export function memberClient(
  cluster: Cluster,
  secret: KubeObject | undefined,
  options: Pick<KubeClientOptions, 'env' | 'limits'>,
): KubeClient {
  // Whoever may read the Secret decided to ask from here; what the hub may dial is the hub's to say.
  return createKubeClient({ ...options, ...memberAccess(cluster, secret, true), userAgent: 'flotilla-cli' })
}

/** @throws Invalid naming the field of the Cluster or the key of its Secret that cannot be used. */
export function memberAccess(cluster: Cluster, secret: KubeObject | undefined, allowLoopback: boolean): MemberAccess {
  const { name } = cluster.metadata
  const { apiEndpoint, secretRef } = cluster.spec
  if (apiEndpoint === undefined) throw invalid(name, 'its spec.apiEndpoint is missing')
  const [wrong] = checkEndpoint(apiEndpoint, allowLoopback)
  if (wrong !== undefined) throw invalid(name, `its spec.apiEndpoint ${wrong}`)
  if (secret === undefined) throw invalid(name, `Secret flotilla-system/${secretRef?.name ?? name} is missing`)
  const data = decoded(secret)
  return { server: serverOf(name, apiEndpoint, data), credentials: credentialsOf(name, data) }
}

type Data = ReadonlyMap<string, string>

function serverOf(name: string, url: string, data: Data): ServerAddress {
  const [ca, tlsServerName, proxyUrl] = ['ca.crt', 'tls-server-name', 'proxy-url'].map((key) => data.get(key))
  if (ca !== undefined && !ca.includes('-----BEGIN ')) throw invalid(name, 'key ca.crt of its Secret is no PEM')
  const isInsecure = data.get('insecure-skip-tls-verify') === 'true'
  return {
    url: url.replace(/\/+$/, ''),
    ...(ca === undefined || isInsecure ? {} : { ca }),
    ...(tlsServerName === undefined ? {} : { tlsServerName }),
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
    ...(isInsecure ? { insecureSkipTlsVerify: true } : {}),
  }
}

function credentialsOf(name: string, data: Data): Credentials {
  if (data.has('kubeconfig')) {
    throw invalid(name, 'its Secret holds a kubeconfig, which is not read here: it needs the keys token and ca.crt')
  }
  const [token, certificate, key] = ['token', 'tls.crt', 'tls.key'].map((entry) => data.get(entry))
  if (token !== undefined) return { token: token.trim() }
  if (certificate !== undefined && key !== undefined) return { clientCertificate: { certificate, key } }
  throw invalid(name, 'its Secret needs the key token, or tls.crt and tls.key')
}

function decoded(secret: KubeObject): Data {
  const entries = Object.entries(asDict(secret['data'])).filter(([, value]) => typeof value === 'string')
  return new Map(entries.map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString('utf8')]))
}

function invalid(name: string, why: string): FlotillaError {
  const next = `flotilla join ${name} --cluster-kubeconfig FILE`
  return new FlotillaError('Invalid', `Cannot connect to cluster ${name}: ${why}. Next: ${next}`)
}
