// One workload among many clusters: from its event to a decision that a crash does not lose, and what a restart costs.
import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { propagationPolicyResource } from '@flotilla/api/propagation-policy'
import { type ResourceBinding, resourceBindingResource } from '@flotilla/api/resource-binding'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { deployments, namespaces } from '@flotilla/machinery/well-known-resources'
import type { Benchmark, Run } from '../benchmark.ts'
import { now, pool } from '../clock.ts'
import { type DecidingHub, registerClusters, startDecidingHub } from '../deciding-hub.ts'
import { inTurn, medianRatio, tooFew } from '../paired.ts'
import { oneRow, referenceRow, type Report, type Row, rowOf, variationLimit } from '../report.ts'
import { median } from '../stats.ts'

export const decision: Benchmark = {
  name: 'decision',
  about: 'event to durable decision, against fdatasync; a restart, against reading and hashing the same rows',
  options: { clusters: 1_000, events: 200, bindings: 1_000, restartClusters: 100, pairs: 7 },
  async run(run): Promise<Report> {
    const events = await measureEvents(run)
    const restarts = await measureRestarts(run)
    return { rows: [...events, ...restarts.rows], invalid: [...(restarts.invalid ?? [])] }
  },
}

async function measureEvents(run: Run): Promise<readonly Row[]> {
  const folder = temporaryFolder(run)
  await using half = await startDecidingHub(folder)
  await prepare(half.api, run.option('clusters'))
  const decided = followDecisions(half)
  const [first, again, syncs]: [number[], number[], number[]] = [[], [], []]
  for (let index = 0; index < run.option('events'); index += 1) {
    const name = `web-${index}`
    first.push(await decided(name, 100, () => half.api.create(deployments, aDeployment(name, 100))))
    const patch = { spec: { replicas: 120 } }
    const scale = () => half.api.patch(deployments, { namespace, name }, { type: 'merge', patch })
    again.push(await decided(name, 120, scale))
    syncs.push(timeOfSync(folder))
    if (index % 50 === 49) run.progress(`${index + 1} events: ${first.at(-1)?.toFixed(1)} ms`)
  }
  return [
    rowOf('Deployment created to durable decision', 'ms', first),
    rowOf('Deployment created to durable decision', 'ms', first, 0.99, 50),
    rowOf('Deployment scaled to durable decision', 'ms', again),
    rowOf('Deployment scaled to durable decision', 'ms', again, 0.99, 50),
    rowOf('4 KiB written and fdatasync', 'ms', syncs),
    rowOf('4 KiB written and fdatasync', 'ms', syncs, 0.99),
    oneRow('created to decided, in fdatasyncs', '×', median(first) / median(syncs)),
  ]
}

async function measureRestarts(run: Run): Promise<Report> {
  const folder = temporaryFolder(run)
  await using fill = await startDecidingHub(folder)
  await prepare(fill.api, run.option('restartClusters'))
  const names = Array.from({ length: run.option('bindings') }, (_, index) => `web-${index}`)
  await pool(names, 64, (name) => fill.api.create(deployments, aDeployment(name, 20)))
  await fill.idle()
  const { items } = await fill.api.list<ResourceBinding>(resourceBindingResource)
  const undecided = items.filter(({ spec }) => spec.decision === undefined).length
  if (items.length !== names.length || undecided > 0)
    throw new Error(`${items.length} bindings, ${undecided} undecided`)
  await fill[Symbol.asyncDispose]()
  const pairs = await inTurn(
    run,
    { pairs: run.option('pairs') },
    () => timeToIdle(folder),
    () => timeToHash(folder),
  )
  const hashed: number[] = []
  for (let round = 0; round < 3; round += 1) hashed.push(await timeToHash(folder, false))
  const own = referenceRow(pairs.reference, variationLimit.cpu)
  return {
    rows: [
      rowOf('restart until everything is decided', 'ms', pairs.subject),
      rowOf('the same rows read, hashed and parsed', 'ms', pairs.reference),
      rowOf('the same rows read and hashed', 'ms', hashed),
      oneRow('restart, ratio of times', '×', medianRatio(pairs), 5),
      own.row,
    ],
    invalid: [...own.invalid, ...tooFew(run.option('pairs'))],
  }
}

async function timeToIdle(folder: string): Promise<number> {
  const from = now()
  await using half = await startDecidingHub(folder)
  await half.idle()
  return now() - from
}

/** Every row of the store; whoever wants to know what they say has to read them as JSON. Nothing of it is kept. */
async function timeToHash(folder: string, isRead = true): Promise<number> {
  const from = now()
  using database = new DatabaseSync(join(folder, 'store.sqlite'), { readOnly: true })
  for (const { value } of database.prepare('SELECT value FROM log ORDER BY revision').iterate()) {
    if (value === null || value === undefined) continue
    createHash('sha256')
      .update(value instanceof Uint8Array ? value : String(value))
      .digest()
    if (isRead && typeof value === 'string') JSON.parse(value)
  }
  return now() - from
}

/** Runs what has a workload decided for so many replicas; milliseconds until the store has told of it. */
function followDecisions({ hub }: DecidingHub) {
  let heard: (binding: ResourceBinding) => void = () => {}
  hub.bindings.onChange(({ after }) => after && heard(after))
  return async (name: string, replicas: number, act: () => Promise<unknown>): Promise<number> => {
    const { promise, resolve } = Promise.withResolvers<number>()
    const from = now()
    heard = ({ spec }) => {
      const decided = spec.decision?.clusters.reduce((sum, each) => sum + (each.replicas ?? 0), 0)
      if (spec.workloads[0]?.ref.name === name && decided === replicas) resolve(now() - from)
    }
    await act()
    return promise
  }
}

const namespace = 'shop'

async function prepare(api: KubeApi, clusters: number): Promise<void> {
  await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } })
  await registerClusters(api, clusters)
  await api.create(propagationPolicyResource, {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'PropagationPolicy',
    metadata: { namespace, name: 'all' },
    spec: {
      resourceSelectors: [{ apiVersion: 'apps/v1', kind: 'Deployment' }],
      placement: {
        clusterAffinity: { labelSelector: { matchLabels: { tier: 'production' } } },
        replicaScheduling: {
          replicaSchedulingType: 'Divided',
          weightPreference: { dynamicWeight: 'AvailableReplicas' },
        },
      },
    },
  })
}

function aDeployment(name: string, replicas: number) {
  const labels = { app: name }
  const container = { name: 'c', image: 'example/image:1', resources: { requests: { cpu: '100m', memory: '128Mi' } } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [container] } },
    },
  }
}

function timeOfSync(folder: string): number {
  const file = openSync(join(folder, 'sync'), 'a')
  const from = now()
  writeSync(file, Buffer.alloc(4096, 1))
  fdatasyncSync(file)
  const took = now() - from
  closeSync(file)
  return took
}

function temporaryFolder({ resources }: Run): string {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-bench-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
