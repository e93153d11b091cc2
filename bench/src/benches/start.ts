// How long it takes until the API answers and until the demo's replicas run.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:http2'
import type { KubeClient } from '@flotilla/kube-client/client'
import { freePorts } from '@flotilla/testbed/ports'
import { dictAt, valueAt } from '@flotilla/machinery/untyped'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { connectBy, listAll } from '../api-server.ts'
import type { Benchmark, Run } from '../benchmark.ts'
import { now, sleep, until } from '../clock.ts'
import { inTurn, medianRatio, tooFew } from '../paired.ts'
import { startFlotilla, startNode, type Started } from '../processes.ts'
import { oneRow, referenceRow, rowOf, variationLimit } from '../report.ts'

export const start: Benchmark = {
  name: 'start',
  about: 'process start to serving against opening SQLite and listening bare; demo to replicas ready',
  options: { pairs: 9, demos: 3 },
  async run(run) {
    const pairs = run.option('pairs')
    const kept = temporaryFolder(run)
    const args = (data: string, port: number) => ['start', '--data-dir', data, '--listen', `127.0.0.1:${port}`]
    const again = await inTurn(
      run,
      { pairs },
      () => timeToServing((port) => startFlotilla(args(join(kept, 'data'), port))),
      () => timeToServing((port) => startNode([join(import.meta.dirname, '../bare-server.ts'), kept, String(port)])),
    )
    const fresh: number[] = []
    for (let index = 0; index < 3; index++) {
      fresh.push(await timeToServing((port) => startFlotilla(args(join(temporaryFolder(run), 'data'), port))))
    }
    const demos: number[] = []
    for (let index = 0; index < run.option('demos'); index++) {
      demos.push(await timeToDemo(temporaryFolder(run)))
      run.progress(`demo: replicas ready after ${demos.at(-1)?.toFixed(0)} ms`)
    }
    const own = referenceRow(again.reference, variationLimit.cpu)
    return {
      rows: [
        rowOf('hub to serving, on its data', 'ms', again.subject),
        rowOf('bare: SQLite open and listening', 'ms', again.reference),
        oneRow('ratio, median of pairs', '×', medianRatio(again), 5),
        own.row,
        rowOf('hub to serving, first start', 'ms', fresh),
        rowOf('demo to all replicas ready', 'ms', demos, 0.5, 5_000),
      ],
      invalid: [...own.invalid, ...tooFew(pairs)],
    }
  },
}

function temporaryFolder({ resources }: Run): string {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-bench-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function timeToServing(launch: (port: number) => Started): Promise<number> {
  const [port = 0] = await freePorts(1)
  const from = now()
  await using started = launch(port)
  while (!(await answersAt(port))) {
    if (started.hasEnded()) throw new Error(`It ended before it served: ${started.printed()}`)
    await sleep(2)
  }
  const took = now() - from
  await started.end('SIGTERM')
  return took
}

function answersAt(port: number): Promise<boolean> {
  return new Promise((done) => {
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    const settle = (isServing: boolean) => {
      session.destroy()
      done(isServing)
    }
    session.on('error', () => settle(false))
    const request = session.request({ ':path': '/readyz' })
    request.on('error', () => settle(false))
    request.on('response', () => settle(true))
    request.end()
  })
}

async function timeToDemo(folder: string): Promise<number> {
  const [port = 0] = await freePorts(1)
  const from = now()
  await using started = startFlotilla(['start', '--demo', '--listen', `127.0.0.1:${port}`], { TMPDIR: folder })
  const kubeconfig = await until('the demo', () => /\/\S+\/kubeconfig/.exec(started.printed())?.[0] ?? '', Boolean, {
    everyMs: 5,
  })
  const took = now() - from
  const api = await connectBy(kubeconfig)
  try {
    const isReady = await areReplicasReady(api)
    if (!isReady) throw new Error('The demo said that it runs, and its replicas are not ready')
  } finally {
    await api.close()
    await started.end('SIGTERM')
  }
  return took
}

/** The demo prints the way to its kubeconfig once its replicas run. */
async function areReplicasReady(api: KubeClient): Promise<boolean> {
  const found = await listAll(api, deployments)
  const isReady = (deployment: object) =>
    dictAt(deployment, 'status')['readyReplicas'] === valueAt(deployment, 'spec', 'replicas')
  return found.length > 0 && found.every(isReady)
}
