// From a kubeconfig's context to what a client needs. On a person's own machine also files and exec plugins.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Env } from '@flotilla/runtime/env'
import type { Credentials, CredentialSource, Impersonation, ServerAddress } from './credentials.ts'
import { createExecCredentials } from './exec-credentials.ts'
import {
  credentialsOf,
  findContext,
  localFieldsOf,
  refuse,
  serverOf,
  type Kubeconfig,
  type KubeconfigContext,
  type KubeconfigUser,
} from './kubeconfig.ts'

export interface KubeAccess {
  readonly contextName: string
  readonly namespace: string
  readonly server: ServerAddress
  readonly credentials: CredentialSource
  readonly impersonate?: Impersonation
}

export interface KubeAccessOptions {
  readonly env: Env
  /** Default: the current context. */
  readonly context?: string
  /**
   * Read files and run exec plugins that the kubeconfig names. Only for a person's own kubeconfig on their own
   * machine: a hub that did it would read its own files, and run programs, for whoever hands it a kubeconfig.
   */
  readonly allowLocal?: boolean
  /** The folder that relative paths count from: the kubeconfig's own. */
  readonly folder?: string
}

/** Files are read again after so long, so that rotated tokens and certificates are seen. */
const rereadAfterMs = 60_000

/** Throws Invalid (naming the field and the way out) or NotFound (no such context). */
export async function resolveKubeAccess(config: Kubeconfig, options: KubeAccessOptions): Promise<KubeAccess> {
  const context = findContext(config, options.context)
  const local = localFieldsOf(context)
  if (local.length > 0 && options.allowLocal !== true) throw notHere(local)
  const folder = options.folder ?? '.'
  const server = serverOf(await withInlineCa(context, folder))
  const credentials = local.some((field) => field.startsWith('users['))
    ? localCredentials(context, server, folder, options.env)
    : credentialsOf(context)
  const impersonate = impersonationOf(context.user)
  return {
    contextName: context.name,
    namespace: context.namespace ?? 'default',
    server,
    credentials,
    ...(impersonate === undefined ? {} : { impersonate }),
  }
}

function notHere(fields: readonly string[]) {
  const field = fields.join(', ')
  const isExec = fields.some((name) => name.endsWith('.exec'))
  const way = isExec
    ? "put a ServiceAccount's token or a client certificate into the kubeconfig instead"
    : 'put the contents into the kubeconfig, as `kubectl config view --raw --flatten` does'
  return refuse(`${field} reaches for ${isExec ? 'a program' : 'files'} of the machine, which is refused here: ${way}`)
}

async function withInlineCa(context: KubeconfigContext, folder: string): Promise<KubeconfigContext> {
  const { 'certificate-authority': path, 'certificate-authority-data': data } = context.cluster
  if (path === undefined || data !== undefined) return context
  const inline = await base64Of(path, folder, `clusters[${context.clusterName}].cluster.certificate-authority`)
  return { ...context, cluster: { ...context.cluster, 'certificate-authority-data': inline } }
}

function localCredentials(
  context: KubeconfigContext,
  server: ServerAddress,
  folder: string,
  env: Env,
): CredentialSource {
  const { exec } = context.user
  if (exec !== undefined) return createExecCredentials({ env, exec, server, folder, userName: context.userName })
  let read: { readonly at: number; readonly credentials: Promise<Credentials> } | undefined
  return ({ refresh }) => {
    const now = env.clock.monotonic()
    if (read === undefined || refresh || now - read.at > rereadAfterMs) {
      const credentials = readCredentials(context, folder)
      read = { at: now, credentials }
      // A file that cannot be read now may be readable at the next request.
      credentials.catch(() => {
        read = undefined
      })
    }
    return read.credentials
  }
}

async function readCredentials(context: KubeconfigContext, folder: string): Promise<Credentials> {
  const { user, userName } = context
  const at = `users[${userName}].user`
  const inline = async (field: 'client-certificate' | 'client-key'): Promise<Partial<KubeconfigUser>> => {
    const path = user[field]
    if (path === undefined || user[`${field}-data`] !== undefined) return {}
    return { [`${field}-data`]: await base64Of(path, folder, `${at}.${field}`) }
  }
  const token = user.tokenFile === undefined ? {} : { token: await tokenIn(user.tokenFile, folder, `${at}.tokenFile`) }
  const read = { ...user, ...(await inline('client-certificate')), ...(await inline('client-key')), ...token }
  return credentialsOf({ ...context, user: read })
}

async function tokenIn(path: string, folder: string, field: string): Promise<string> {
  return (await contentsOf(path, folder, field)).toString('utf8').trim()
}

async function base64Of(path: string, folder: string, field: string): Promise<string> {
  return (await contentsOf(path, folder, field)).toString('base64')
}

async function contentsOf(path: string, folder: string, field: string): Promise<Buffer> {
  try {
    return await readFile(resolve(folder, path))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw refuse(`${field}: cannot read ${resolve(folder, path)} (${code})`)
  }
}

function impersonationOf(user: KubeconfigUser): Impersonation | undefined {
  if (user.as === undefined) return undefined
  return {
    user: user.as,
    ...(user['as-groups'] === undefined ? {} : { groups: user['as-groups'] }),
    ...(user['as-uid'] === undefined ? {} : { uid: user['as-uid'] }),
  }
}
