// Orders everything away from a cluster, ends the order, or says what it would do.
import { orderAnnotation } from '@flotilla/api/failover'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { planFailover, type FailoverPlan } from '@flotilla/control-plane/what-if/plan-failover'
import type { Env } from '@flotilla/runtime/env'
import { timestamp } from '@flotilla/runtime/timestamp'
import { createCommandEnv } from '../command-env.ts'
import type { FailoverFlags } from '../commands/failover.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { planText } from '../what-if/plan-text.ts'
import { editCluster, readCluster } from './edit-cluster.ts'

export async function runFailover(name: string, flags: FailoverFlags, terminal: Terminal): Promise<void> {
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  if (flags.off === true) return endOrder(hub.api, name, flags, terminal)
  if (flags.dryRun === true) return showPlan(env, hub.api, name, flags.output, terminal)
  const cluster = await readCluster(hub.api, name)
  const annotations = { [orderAnnotation]: timestamp(env.clock.now()) }
  await editCluster(hub.api, cluster, () => ({ metadata: { annotations } }))
  terminal.out(
    `cluster/${name} ordered to be left\n` +
      `What it runs moves away as far as there is room. Data in its volumes stays there.\n` +
      `Next: flotilla clusters ${name} -o yaml (condition Failover), flotilla moves; flotilla failover ${name} --off lets it back\n`,
  )
}

async function endOrder(hub: KubeApi, name: string, { dryRun }: FailoverFlags, terminal: Terminal): Promise<void> {
  const cluster = await readCluster(hub, name)
  if (cluster.metadata.annotations?.[orderAnnotation] === undefined) {
    terminal.out(`cluster/${name} unchanged: nobody has ordered it to be left\n`)
    return
  }
  const annotations = { [orderAnnotation]: null }
  if (dryRun !== true) await editCluster(hub, cluster, () => ({ metadata: { annotations } }))
  terminal.out(`cluster/${name} no longer ordered to be left${dryRun === true ? ' (dry run)' : ''}\n`)
}

async function showPlan(
  env: Env,
  hub: KubeApi,
  name: string,
  output: string | undefined,
  terminal: Terminal,
): Promise<void> {
  const format = parseValueFormat(output)
  await readCluster(hub, name)
  const plan = await planFailover(env, hub, name)
  terminal.out(format === 'text' ? failoverText(plan) : await formatValue(valueOf(plan), format))
}

/** What moves, and what stays with the reason. */
export function failoverText({ status, held }: FailoverPlan): string {
  const staying = held.map(({ work: { workload }, why }) => {
    const { kind, namespace, name } = workload
    return `  ${kind} ${namespace === undefined ? name : `${namespace}/${name}`}: ${why.reason}: ${why.message}\n`
  })
  return `${planText(status)}${staying.length > 0 ? `\nStays where it is:\n${staying.join('')}` : ''}`
}

function valueOf({ status, held }: FailoverPlan): object {
  return {
    ...status,
    held: held.map(({ work: { workload }, why: { reason, message } }) => ({ workload, reason, message })),
  }
}
