// One API server as a test sees it: kubectl on it, and a client for what is polled and watched.
import { readFileSync } from 'node:fs'
import { createKubeClient, type KubeClient } from '@flotilla/kube-client/client'
import { resolveKubeAccess } from '@flotilla/kube-client/kube-access'
import { parseKubeconfig } from '@flotilla/kube-client/kubeconfig'
import { isError } from '@flotilla/machinery/errors'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { createRealEnv } from '@flotilla/runtime/real-env'
import { ensureBinaries } from '@flotilla/testbed/binaries'
import { mustRun, type CommandOptions } from './command.ts'

export const env = createRealEnv({ logLevel: 'silent' })

export interface Server {
  readonly kubeconfig: string
  readonly api: KubeClient
  /** What kubectl printed. @throws when its exit code is not 0. */
  kubectl(args: string | readonly string[], options?: CommandOptions): Promise<string>
  /** `kubectl apply -f -` of these objects. */
  apply(...objects: readonly object[]): Promise<string>
  /** Undefined when there is none. */
  find(resource: Resource, name: string, namespace?: string): Promise<KubeObject | undefined>
}

export async function openServer(kubeconfig: string): Promise<Server> {
  const { kubectl: program } = await ensureBinaries()
  const access = await resolveKubeAccess(parseKubeconfig(readFileSync(kubeconfig, 'utf8')), { env })
  const api = createKubeClient({ env, ...access, userAgent: 'flotilla-e2e' })
  const kubectl = (args: string | readonly string[], options?: CommandOptions) =>
    mustRun(program, ['--kubeconfig', kubeconfig, ...(typeof args === 'string' ? args.split(' ') : args)], options)
  return {
    kubeconfig,
    api,
    kubectl,
    apply: (...objects) =>
      kubectl('apply -f -', { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) }),
    find: (resource, name, namespace) =>
      api.get(resource, { name, ...(namespace === undefined ? {} : { namespace }) }).catch((error: unknown) => {
        if (isError(error, 'NotFound')) return undefined
        throw error
      }),
  }
}
