// Hubs that the main job runs on: the embedded one, and a real kube-apiserver with our controllers beside it.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startHub } from '@flotilla/testbed/control-plane'
import { freePorts } from '@flotilla/testbed/ports'
import { startWatchdog } from '@flotilla/testbed/watchdog'
import { flotilla, startFlotilla, type FlotillaProcess } from './flotilla-process.ts'
import { openServer, type Server } from './server.ts'
import { until } from './until.ts'

export interface HubUnderTest extends Server, AsyncDisposable {
  /** Kills the process that runs the controllers (and with them the embedded API), as a power cut would. */
  kill(): Promise<void>
  /** Starts it again on the same data; its API answers when this resolves. */
  restart(): Promise<void>
  /** What our processes have printed since the last start. */
  printed(): string
}

export interface HubKind {
  readonly name: string
  start(): Promise<HubUnderTest>
}

export const hubKinds: readonly HubKind[] = [
  { name: 'the embedded hub', start: startEmbeddedHub },
  { name: 'a real kube-apiserver', start: startRealHub },
]

export async function startEmbeddedHub(): Promise<HubUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-e2e-'))
  const watchdog = startWatchdog(folder)
  const [port] = await freePorts(1)
  const start = () =>
    startFlotilla(['start', '--data-dir', join(folder, 'data'), '--listen', `127.0.0.1:${port}`], { folder, watchdog })
  let running = start()
  const kubeconfig = join(folder, 'data', 'kubeconfig')
  await until('the kubeconfig of the hub', async () => existsSync(kubeconfig), Boolean, 30_000).catch((error) => {
    throw new Error(`${String(error)}\n${running.printed()}`)
  })
  const server = await openServer(kubeconfig)
  await untilServing(server, running)
  return {
    ...server,
    kill: async () => void (await running.end('SIGKILL')),
    async restart() {
      running = start()
      await untilServing(server, running)
    },
    printed: () => running.printed(),
    async [Symbol.asyncDispose]() {
      await server.api.close()
      await running.end('SIGTERM')
      await watchdog.dismiss()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function startRealHub(): Promise<HubUnderTest> {
  const plane = await startHub()
  const watchdog = startWatchdog(plane.folder)
  const server = await openServer(plane.kubeconfig)
  await flotilla(['install', '--kubeconfig', plane.kubeconfig])
  const start = () =>
    startFlotilla(['controllers', '--kubeconfig', plane.kubeconfig, '--data-dir', join(plane.folder, 'controllers')], {
      folder: plane.folder,
      watchdog,
    })
  let running = start()
  await untilLeading(running)
  return {
    ...server,
    kill: async () => void (await running.end('SIGKILL')),
    async restart() {
      running = start()
      await untilLeading(running)
    },
    printed: () => running.printed(),
    async [Symbol.asyncDispose]() {
      await server.api.close()
      await running.end('SIGTERM')
      await watchdog.dismiss()
      await plane.stop()
    },
  }
}

/** Before, admission of our kinds refuses: its webhook is in the same process. */
async function untilLeading(running: FlotillaProcess): Promise<void> {
  await until(
    'the controllers to lead',
    async () => running.printed(),
    (text) => text.includes('Leading'),
    60_000,
  )
}

async function untilServing({ api }: Server, running: FlotillaProcess): Promise<void> {
  const read = async () => (await api.raw({ path: '/readyz' })).code
  await until('the hub to serve', read, (code) => code === 200, 30_000).catch((error) => {
    throw new Error(`${String(error)}\n${running.printed()}`)
  })
}
