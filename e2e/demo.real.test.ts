// The first five minutes as a person has them: what `npm start` runs, read with a real kubectl, ended with Ctrl-C.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { startWatchdog, type Watchdog } from '@flotilla/testbed/watchdog'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFlotilla, type FlotillaProcess } from './src/flotilla-process.ts'
import { openServer, type Server } from './src/server.ts'
import { until } from './src/until.ts'

const ctrlCWithinMs = 2_000

describe('flotilla start --demo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-e2e-demo-'))
  const logs = mkdtempSync(join(tmpdir(), 'flotilla-e2e-logs-'))
  let watchdog: Watchdog
  let demo: FlotillaProcess
  let hub: Server

  beforeAll(async () => {
    watchdog = startWatchdog(folder)
    const env = { TMPDIR: folder, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') }
    demo = startFlotilla(['start', '--demo', '--listen', '127.0.0.1:0'], { folder: logs, watchdog, env })
    await until(
      'the demo to say what to try next',
      async () => demo.printed(),
      (text) => text.includes('Ctrl-C'),
    )
    hub = await openServer(/KUBECONFIG=(\S+)/.exec(demo.printed())?.[1] ?? 'missing')
  })
  afterAll(async () => {
    await hub?.api.close()
    await demo?.end('SIGKILL')
    await watchdog?.dismiss()
    for (const path of [folder, logs]) rmSync(path, { recursive: true, force: true })
  })

  /** Rows of the printed table: cluster, nodes, ready replicas, wanted replicas. */
  function printedRows(): readonly (readonly [cluster: string, nodes: number, ready: number, wanted: number])[] {
    const rows = demo.printed().matchAll(/^(\S+) +\S+ +Ready +(\d+) +(\d+)\/(\d+) /gm)
    return [...rows].map(([, name = '', ...numbers]) => {
      const [nodes = 0, ready = 0, wanted = 0] = numbers.map(Number)
      return [name, nodes, ready, wanted]
    })
  }

  it('is what npm start runs', () => {
    const root = resolve(import.meta.dirname, '..')
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { start: string } }
    expect(scripts.start).toBe('node packages/cli/bin/flotilla.js start --demo')
  })

  it('shows three clusters with all replicas ready', () => {
    expect(printedRows()).toHaveLength(3)
    for (const [, nodes, ready, wanted] of printedRows()) {
      expect(ready).toBe(wanted)
      expect(nodes).toBe(3)
    }
  })

  it('kubectl get deployments,clusters agrees with what was printed', async () => {
    const total = printedRows().reduce((sum, [, , ready]) => sum + ready, 0)
    const lines = (await hub.kubectl('get deployments,clusters -A --no-headers'))
      .split('\n')
      .map((line) => line.split(/\s+/))
    const deployment = lines.find((cells) => cells.includes('deployment.apps/web'))
    expect(deployment?.slice(0, 5)).toEqual([
      'shop',
      'deployment.apps/web',
      `${total}/${total}`,
      `${total}`,
      `${total}`,
    ])
    for (const [name, nodes] of printedRows()) {
      const cells = lines.find((one) => one.includes(`cluster.flotilla.dev/${name}`))
      expect(cells, name).toContain('True')
      expect(cells).toContain(String(nodes))
    }
  })

  it('each member runs what was printed, by the context of its name', async () => {
    for (const [name, , ready] of printedRows()) {
      const pods = await hub.kubectl(`--context flotilla/${name} -n shop get pods --no-headers`)
      expect(pods.split('\n').filter((line) => line.includes('Running'))).toHaveLength(ready)
    }
  })

  it('Ctrl-C ends it within two seconds and leaves nothing', async () => {
    expect(await demo.end('SIGINT')).toBeLessThan(ctrlCWithinMs)
    expect(readdirSync(folder)).toEqual([])
    await expect(hub.kubectl('get namespaces --request-timeout=2s')).rejects.toThrow('exit code 1')
  })
})
