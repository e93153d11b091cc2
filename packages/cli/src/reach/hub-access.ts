// How a command finds the hub: as kubectl finds a server, else the kubeconfig that `flotilla start` wrote.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createKubeClient, type KubeClient } from '@flotilla/kube-client/client'
import type { KubeAccess } from '@flotilla/kube-client/kube-access'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'
import { defaultDataFolder } from '../hub/default-folder.ts'
import { shellWord, startCommand } from '../hub/start-command.ts'
import type { Terminal } from '../terminal.ts'
import { advisedClient, type HubAdvice } from './advised-client.ts'
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
  readonly advice: HubAdvice
}

/** @throws NotFound when no kubeconfig says where the hub is. */
export async function connectHub(env: Env, terminal: Terminal, options: HubOptions): Promise<HubConnection> {
  const paths = hubKubeconfigs(terminal, options)
  const access = await accessBy(env, paths, options.context)
  const client = createKubeClient({
    env,
    ...access,
    userAgent: 'flotilla-cli',
    onWarning: (text) => terminal.err(`Warning: ${text}\n`),
  })
  const advice = adviceFor(paths, access, options, terminal)
  const api = advisedClient(client, advice)
  return { api, access, advice, namespace: access.namespace, [Symbol.asyncDispose]: () => api.close() }
}

function adviceFor(
  paths: readonly string[],
  { contextName, server }: KubeAccess,
  { kubeconfig, context }: HubOptions,
  { variables }: Terminal,
): HubAdvice {
  // Its other contexts are members.
  const start = contextName === 'flotilla' ? startCommand(paths, server.url, variables) : undefined
  const place = [
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', shellWord(kubeconfig)]),
    ...(context === undefined ? [] : ['--context', shellWord(context)]),
  ]
  return { look: ['flotilla doctor', ...place].join(' '), ...(start === undefined ? {} : { start }) }
}

/** A KUBECONFIG that names no file is a mistake: the hub that `flotilla start` made may be quite another one. */
export function hubKubeconfigs({ variables }: Terminal, { kubeconfig }: HubOptions): readonly string[] {
  if (kubeconfig !== undefined) return [kubeconfig]
  const named = splitPaths(variables['KUBECONFIG'] ?? '')
  const found = named.filter((path) => existsSync(path))
  if (found.length > 0) return found
  const own = join(defaultDataFolder(variables), 'kubeconfig')
  if (named.length > 0) {
    throw new FlotillaError(
      'NotFound',
      `Cannot find the hub: KUBECONFIG names ${named.join(' and ')}, which is not there; a demo removes its own when it stops. ` +
        `Next: ${existsSync(own) ? `unset KUBECONFIG, for the hub of ${own}` : 'unset KUBECONFIG; flotilla start'}`,
    )
  }
  if (existsSync(own)) return [own]
  throw new FlotillaError(
    'NotFound',
    `Cannot find the hub: neither --kubeconfig nor KUBECONFIG names a file, and there is no ${own}. Next: flotilla start`,
  )
}
