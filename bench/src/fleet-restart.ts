// A hub that is stopped and started on its data: until it is quiet, and what members notice of it.
import { deployments } from '@flotilla/machinery/well-known-resources'
import { listAll } from './api-server.ts'
import type { Run } from './benchmark.ts'
import { now, sleep } from './clock.ts'
import { cpuSeconds } from './processes.ts'
import type { Member, RealFleet } from './real-fleet.ts'
import { oneRow, type Row } from './report.ts'

/** Below this share of one core for so long, the hub is quiet. */
export const quietShare = 0.1
const quietMs = 2_000
const sampleMs = 250

export async function restartRows(run: Run, { hub, members }: RealFleet): Promise<readonly Row[]> {
  await hub.stop()
  const versions = await versionsOn(members)
  const alone = await requestsWithin(members, () => sleep(15_000))
  const before = await Promise.all(members.map(countRequests))
  const from = now()
  await hub.start()
  const serving = now() - from
  const quiet = (await quietAt(hub.pid())) - from
  run.progress(`started again: quiet after ${(quiet / 1_000).toFixed(1)} s`)
  const took = (now() - from) / 1_000
  const after = await Promise.all(members.map(countRequests))
  const changed = [...(await versionsOn(members))].filter(([key, version]) => versions.get(key) !== version).length
  const requests = total(after) - total(before) - (alone.reads + alone.writes) * (took / alone.seconds)
  const writes = after.reduce((sum, counts, index) => sum + counts.placed - (before[index]?.placed ?? 0), 0)
  return [
    oneRow('restart to serving', 's', serving / 1_000),
    oneRow('restart to quiet', 's', quiet / 1_000, 5),
    oneRow('requests to all members meanwhile', '', Math.max(0, requests)),
    oneRow('writes to what is placed on members', '', writes, 0),
    oneRow('placed objects that changed', '', changed, 0),
  ]
}

/** When (`now()`) the process had last used more than `share` of one core; resolves a while after that. */
export async function quietAt(pid: number, share = quietShare): Promise<number> {
  let used = cpuSeconds(pid)
  let at = now()
  let quietSince = at
  while (at - quietSince < quietMs) {
    await sleep(sampleMs)
    const [usedNow, next] = [cpuSeconds(pid), now()]
    if ((usedNow - used) * 1_000 > (next - at) * share) quietSince = next
    used = usedNow
    at = next
  }
  return quietSince
}

async function versionsOn(members: readonly Member[]): Promise<ReadonlyMap<string, string>> {
  const lists = await Promise.all(
    members.map(async ({ name, api }) => {
      const found = await listAll(api, deployments)
      return found.map(({ metadata }) => [`${name}/${metadata.uid}`, metadata.resourceVersion ?? ''] as const)
    }),
  )
  return new Map(lists.flat())
}

interface Counts {
  readonly reads: number
  readonly writes: number
  /** Writes to kinds that only a hub or a person writes to here, status aside. */
  readonly placed: number
}

async function requestsWithin(members: readonly Member[], run: () => Promise<void>) {
  const from = now()
  const before = await Promise.all(members.map(countRequests))
  await run()
  const after = await Promise.all(members.map(countRequests))
  const difference = (field: 'reads' | 'writes') =>
    after.reduce((sum, counts, index) => sum + counts[field] - (before[index]?.[field] ?? 0), 0)
  return { reads: difference('reads'), writes: difference('writes'), seconds: (now() - from) / 1_000 }
}

function total(counts: readonly Counts[]): number {
  return counts.reduce((sum, { reads, writes }) => sum + reads + writes, 0)
}

/** As the member's own API server counts them. */
async function countRequests({ api }: Member): Promise<Counts> {
  const { body } = await api.raw({ path: '/metrics', accept: 'text/plain' })
  const counts = { reads: 0, writes: 0, placed: 0 }
  for (const line of String(body).split('\n')) {
    const found = /^apiserver_request_total\{(.*)\} (\S+)$/.exec(line)
    if (found === null) continue
    const [, labels = '', count] = found
    const verb = /verb="(\w+)"/.exec(labels)?.[1] ?? ''
    const isRead = verb === 'GET' || verb === 'LIST' || verb === 'WATCH'
    counts[isRead ? 'reads' : 'writes'] += Number(count)
    const isPlaced = /resource="(deployments|namespaces)"/.test(labels) && labels.includes('subresource=""')
    if (!isRead && isPlaced) counts.placed += Number(count)
  }
  return counts
}
