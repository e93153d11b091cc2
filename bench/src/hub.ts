// A hub of its own for each benchmark: `flotilla start` in a temporary folder.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubeClient } from '@flotilla/kube-client/client'
import { asDicts, valueAt } from '@flotilla/machinery/untyped'
import { freePorts } from '@flotilla/testbed/ports'
import { connectBy, listAll } from './api-server.ts'
import { until } from './clock.ts'
import { clusterResource } from './manifests.ts'
import { flotilla, startFlotilla, type Started } from './processes.ts'

export interface Hub extends AsyncDisposable {
  readonly kubeconfig: string
  readonly api: KubeClient
  pid(): number
  /** `flotilla join`, which returns when the cluster is Ready. */
  join(cluster: string, kubeconfig: string): Promise<void>
  /** Registered clusters, all of them Ready. */
  untilReady(clusters: number): Promise<void>
  /** Counts the hub's writes: it grows by one with each. */
  revision(): Promise<number>
  stop(): Promise<void>
  /** After `stop`. Resolves when its API answers. */
  start(): Promise<void>
}

export async function startHub(): Promise<Hub> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-bench-'))
  const data = join(folder, 'data')
  const kubeconfig = join(data, 'kubeconfig')
  const [port] = await freePorts(1)
  const args = ['start', '--data-dir', data, '--listen', `127.0.0.1:${port}`]
  let running: Started = startFlotilla(args)
  await until('the kubeconfig of the hub', () => running.hasEnded() || existsSync(kubeconfig), Boolean)
  if (running.hasEnded()) throw new Error(`The hub ended: ${running.printed()}`)
  const api = await connectBy(kubeconfig)
  const untilServing = () => until('the hub', () => answers(api), Boolean, { everyMs: 5 })
  await untilServing()
  return {
    kubeconfig,
    api,
    pid: () => running.pid,
    async join(cluster, memberKubeconfig) {
      await flotilla(['join', cluster, '--cluster-kubeconfig', memberKubeconfig, '--kubeconfig', kubeconfig])
    },
    async untilReady(clusters) {
      await until(
        `${clusters} Ready clusters`,
        () => readyClusters(api),
        (ready) => ready >= clusters,
        { everyMs: 200 },
      )
    },
    async revision() {
      return Number((await api.list(clusterResource, { limit: 1 })).resourceVersion)
    },
    stop: () => running.end('SIGTERM'),
    async start() {
      running = startFlotilla(args)
      await untilServing()
    },
    async [Symbol.asyncDispose]() {
      await api.close()
      await running.end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function answers(api: KubeClient): Promise<boolean> {
  return api.raw({ path: '/readyz' }).then(
    ({ code }) => code === 200,
    () => false,
  )
}

async function readyClusters(api: KubeClient): Promise<number> {
  const clusters = await listAll(api, clusterResource)
  const isReady = ({ type, status }: Readonly<Record<string, unknown>>) => type === 'Ready' && status === 'True'
  return clusters.filter((cluster) => asDicts(valueAt(cluster, 'status', 'conditions')).some(isReady)).length
}
