// An API server of ours on the network: who may call it, and under which rights.
import { createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { ensureBootstrapRoles } from '@flotilla/kube-server/access/bootstrap-roles'
import { createCertificateAuthenticator } from '@flotilla/kube-server/access/certificate-authenticator'
import { asServerAuthorizer, asServerDocuments } from '@flotilla/kube-server/access/in-process'
import type { Review } from '@flotilla/kube-server/access/reviews'
import type { RbacAuthorizer } from '@flotilla/kube-server/access/rbac-authorizer'
import { createServiceAccountTokens } from '@flotilla/kube-server/access/service-account-tokens'
import { serveKube, type Serving } from '@flotilla/kube-server/http/server'
import type { KeyPair } from '@flotilla/kube-server/http/certificates'
import type { KubeServer } from '@flotilla/kube-server/server'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import type { DataFolder } from './data-folder.ts'
import type { ListenAddress } from './listen-address.ts'
import { readPrivate, writePrivate } from './private-file.ts'

export interface EndpointOptions {
  readonly env: Env
  readonly server: KubeServer
  readonly rbac: RbacAuthorizer
  /** Where the key of ServiceAccounts' tokens is kept. */
  readonly folder: Pick<DataFolder, 'file'>
  readonly listen: ListenAddress
  /** PEM of who signs client certificates. */
  readonly clientCa: string
  readonly serving: KeyPair
  /** By `GROUP/PLURAL`. */
  readonly reviews?: ReadonlyMap<string, Review>
}

/** Makes calls in process go by the same rights and documents as those over the network. */
export async function guardServer(server: KubeServer, rbac: RbacAuthorizer): Promise<void> {
  await ensureBootstrapRoles(server)
  server.setAuthorizer(asServerAuthorizer(rbac))
  server.setDocuments(asServerDocuments(server.catalog))
}

/** Rejects with Node's error when the address cannot be listened on. */
export function serveEndpoint(options: EndpointOptions): Promise<Serving> {
  const { env, server, rbac, folder, listen, clientCa, serving, reviews } = options
  const tokens = createServiceAccountTokens({ env, store: server.store, key: tokenKey(folder) })
  return serveKube({
    env,
    server,
    tls: { ...serving, clientCa },
    ...listen,
    authenticators: [createCertificateAuthenticator(clientCa, env.clock), tokens.authenticator],
    tokenRequest: tokens.tokenRequest,
    authorizer: rbac,
    allowAnonymous: false,
    ...(reviews === undefined ? {} : { reviews }),
  })
}

function tokenKey(folder: Pick<DataFolder, 'file'>): string {
  const path = folder.file('service-account.key')
  const known = readPrivate(path)
  if (known !== undefined) return checked(known, path)
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  writePrivate(path, privateKey)
  return privateKey
}

/** Another key would end every token that was given out. */
function checked(key: string, path: string): string {
  try {
    createPrivateKey(key)
    return key
  } catch (error) {
    const next = 'Next: restore the data folder from a backup'
    throw new FlotillaError('Invalid', `Cannot read ${path}: it is damaged. ${next}`, {}, { cause: error })
  }
}
