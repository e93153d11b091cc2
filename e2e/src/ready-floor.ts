// Watches one Deployment on all members: whenever one of them has fewer ready replicas, all are read live.
import { deployments } from '@flotilla/machinery/well-known-resources'
import { valueAt } from '@flotilla/machinery/untyped'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Fleet, Member } from './fleet.ts'

export interface ReadyFloor {
  /** Ends watching. Ready replicas of each member, read once for each event by which one of them shrank. */
  stop(): Promise<readonly (readonly number[])[]>
}

export async function watchReady(fleet: Fleet, namespace: string, name: string): Promise<ReadyFloor> {
  const abort = new AbortController()
  const seen: Promise<readonly number[]>[] = []
  const look = async () => (await fleet.find(deployments, name, namespace)).map(readyOf)
  const watching = await fleet.each(async (member) => {
    const { resourceVersion } = await member.api.list(deployments, { namespace })
    const first = readyOf(await member.find(deployments, name, namespace))
    return follow(member, { namespace, name, resourceVersion, first, signal: abort.signal }, () => seen.push(look()))
  })
  return {
    async stop() {
      abort.abort()
      await Promise.all(watching.flat())
      return Promise.all(seen)
    },
  }
}

interface Followed {
  readonly namespace: string
  readonly name: string
  readonly resourceVersion: string
  readonly first: number
  readonly signal: AbortSignal
}

/** Gives the end of watching in an object, so that awaiting the start does not await it. */
function follow({ api }: Member, { first, name, ...options }: Followed, onShrink: () => void): Promise<void>[] {
  let ready = first
  const read = async () => {
    for await (const event of api.watch<KubeObject>(deployments, options)) {
      if (event.type === 'BOOKMARK' || event.object.metadata.name !== name) continue
      const now = event.type === 'DELETED' ? 0 : readyOf(event.object)
      if (now < ready) onShrink()
      ready = now
    }
  }
  return [
    read().catch((error: unknown) => {
      if (!options.signal.aborted) throw error
    }),
  ]
}

export function readyOf(deployment: KubeObject | undefined): number {
  return Number(valueAt(deployment, 'status', 'readyReplicas') ?? 0)
}
