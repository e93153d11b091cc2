// How a command finds the hub: as kubectl finds a server, else the kubeconfig that `flotilla start` wrote.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createKubeClient, type KubeClient } from '@flotilla/kube-client/client'
import type { KubeAccess } from '@flotilla/kube-client/kube-access'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import { defaultDataFolder } from '../hub/default-folder.ts'
import type { Terminal } from '../terminal.ts'
import { accessBy, splitPaths } from './kubeconfig-files.ts'

export interface HubOptions {
  readonly kubeconfig?: string
  readonly context?: string
}

export interface HubConnection extends AsyncDisposable {
  readonly api: KubeClient
  /** Of the context. */
  readonly namespace: string
  readonly access: KubeAccess
}

/** @throws NotFound when no kubeconfig says where the hub is. */
export async function connectHub(env: Env, terminal: Terminal, options: HubOptions): Promise<HubConnection> {
  const access = await accessBy(env, hubKubeconfigs(terminal, options), options.context)
  const api = createKubeClient({
    env,
    ...access,
    userAgent: 'flotilla-cli',
    onWarning: (text) => terminal.err(`Warning: ${text}\n`),
  })
  return { api, access, namespace: access.namespace, [Symbol.asyncDispose]: () => api.close() }
}

export function hubKubeconfigs({ variables }: Terminal, { kubeconfig }: HubOptions): readonly string[] {
  if (kubeconfig !== undefined) return [kubeconfig]
  const named = splitPaths(variables['KUBECONFIG'] ?? '').filter((path) => existsSync(path))
  if (named.length > 0) return named
  const own = join(defaultDataFolder(variables), 'kubeconfig')
  if (existsSync(own)) return [own]
  throw new FlotillaError(
    'NotFound',
    `Cannot find the hub: neither --kubeconfig nor KUBECONFIG names a file, and there is no ${own}. Next: flotilla start`,
  )
}
