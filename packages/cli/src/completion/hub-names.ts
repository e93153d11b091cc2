// Names that the hub knows, for completion: none when it cannot be asked, since completion never complains.
import { clusterResource } from '@flotilla/api/cluster'
import type { KubeClient } from '@flotilla/kube-client/client'
import { discover } from '@flotilla/machinery/discovery'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import { createCommandEnv } from '../command-env.ts'
import { connectHub, type HubOptions } from '../reach/hub-access.ts'
import { commonTypes, findKind } from '../reach/kinds.ts'
import type { Terminal } from '../terminal.ts'

/** A person waits for it. */
const answerWithinMs = 1_500
const mostNames = 500

export interface HubNames {
  clusters(): Promise<readonly string[]>
  namespaces(): Promise<readonly string[]>
  /** Types as `flotilla get` takes them; those that every cluster has when the hub cannot be asked. */
  types(): Promise<readonly string[]>
  /** Names of the hub's objects of that type, in `namespace` or the one of the context. */
  objects(type: string, namespace: string | undefined): Promise<readonly string[]>
}

export function hubNames(terminal: Terminal, options: HubOptions): HubNames {
  type Question = (
    api: KubeClient,
    request: { readonly signal: AbortSignal },
    namespace: string,
  ) => Promise<readonly string[]>
  const ask = async (question: Question, otherwise: readonly string[] = []) => {
    try {
      await using hub = await connectHub(createCommandEnv(), terminal, options)
      return await question(hub.api, { signal: AbortSignal.timeout(answerWithinMs) }, hub.namespace)
    } catch {
      return otherwise
    }
  }
  return {
    clusters: () => ask(async (api, request) => namesIn(await api.list(clusterResource, request))),
    namespaces: () => ask(async (api, request) => namesIn(await api.list(namespaces, request))),
    types: () => ask(typesOf, commonTypes),
    objects: (type, namespace) =>
      ask(async (api, request, own) => {
        const resource = await findKind(api, type, 'the hub')
        const place = resource.namespaced ? { namespace: namespace ?? own } : {}
        return namesIn(await api.list(resource, { ...request, ...place, limit: mostNames }))
      }),
  }
}

/** With the group where two kinds share a name. */
async function typesOf(api: KubeClient, request: { readonly signal: AbortSignal }): Promise<readonly string[]> {
  const { resources, preferred } = await discover(api, request)
  const listed = resources.filter((one) => one.verbs.includes('list') && preferred(one.group, one.kind) === one)
  const counts = new Map<string, number>()
  for (const { plural } of listed) counts.set(plural, (counts.get(plural) ?? 0) + 1)
  return listed.map(({ plural, group }) => (counts.get(plural) === 1 || group === '' ? plural : `${plural}.${group}`))
}

function namesIn({ items }: { readonly items: readonly { readonly metadata: { readonly name: string } }[] }) {
  return items.map(({ metadata }) => metadata.name)
}
