// Keeps new workloads off a cluster, has all leave it, or ends that: by its taints.
import type { Cluster } from '@flotilla/api/cluster'
import { cordonTaint, quarantineTaint } from '@flotilla/api/failover'
import type { Taint } from '@flotilla/api/selector'
import { drainTaint } from '@flotilla/scheduler/plan/patches'
import { timestamp } from '@flotilla/runtime/timestamp'
import { createCommandEnv } from '../command-env.ts'
import type { CordonFlags } from '../commands/cordon.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { editCluster, readCluster } from './edit-cluster.ts'

export type CordonVerb = 'cordon' | 'drain' | 'uncordon'

const words = { cordon: 'cordoned', drain: 'draining', uncordon: 'uncordoned' } as const
const after = {
  cordon: 'What runs there stays. ',
  drain: 'What runs there leaves as soon as it is ready elsewhere. ',
  uncordon: '',
} as const

export async function runCordon(verb: CordonVerb, name: string, flags: CordonFlags, terminal: Terminal): Promise<void> {
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const cluster = await readCluster(hub.api, name)
  const edit = (now: Cluster) => {
    const taints = taintsAfter(verb, now, timestamp(env.clock.now()))
    return taints && { spec: { taints } }
  }
  const isNews = flags.dryRun === true ? edit(cluster) !== undefined : await editCluster(hub.api, cluster, edit)
  if (!isNews) {
    terminal.out(`cluster/${name} unchanged: already ${words[verb]}\n`)
    return
  }
  const next = verb === 'uncordon' ? '' : `${after[verb]}Next: flotilla uncordon ${name}\n`
  terminal.out(`cluster/${name} ${words[verb]}${flags.dryRun === true ? ' (dry run)' : ''}\n${next}`)
}

/** Undefined: it has them already. `now`: RFC 3339. */
export function taintsAfter(verb: CordonVerb, { spec }: Cluster, now: string): readonly Taint[] | undefined {
  const taints = spec.taints ?? []
  const has = ({ key }: Taint) => taints.some((taint) => taint.key === key)
  if (verb === 'uncordon') {
    const ours = new Set([cordonTaint.key, drainTaint.key, quarantineTaint.key])
    return taints.some(({ key }) => ours.has(key)) ? taints.filter(({ key }) => !ours.has(key)) : undefined
  }
  const wanted = verb === 'cordon' ? cordonTaint : drainTaint
  return has(wanted) ? undefined : [...taints, { ...wanted, timeAdded: now }]
}
