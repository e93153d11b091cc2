// Runs the controllers against an API server that is there already, while this process is the leader.
import { createHmac, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { systemNamespace } from '@flotilla/api/group'
import { identityOf } from '@flotilla/control-plane/cluster/join/join'
import { startControlPlane, type ControlPlane } from '@flotilla/control-plane/controllers'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { secrets } from '@flotilla/machinery/well-known-resources'
import type { Env } from '@flotilla/runtime/env'
import { startLeaderElection } from '@flotilla/runtime/leader-election'
import { createRealEnv } from '@flotilla/runtime/real-env'
import type { ControllersFlags } from '../commands/controllers.ts'
import { connectHub } from '../reach/hub-access.ts'
import { connectOverHttps } from '../reach/member-access.ts'
import type { Terminal } from '../terminal.ts'
import { textAt } from '../text-at.ts'
import { checkBare, checkForeign, checkInstalled } from './check-bare.ts'
import { ensureAuthority, ensureServing } from './credentials.ts'
import { openDataFolder } from './data-folder.ts'
import { defaultDataFolder } from './default-folder.ts'
import { boundHeapGrowth } from './heap.ts'
import { ensureIdentity } from './identity.ts'
import { isLoopback } from './listen-address.ts'
import { createSolveInWorker } from './solve-in-worker.ts'
import { registerWebhooks } from './webhook-objects.ts'
import { serveWebhooks } from './webhooks.ts'

const stopWithinMs = 900
const keySecret = { namespace: systemNamespace, name: 'flotilla-hub-key' }

export async function runControllers(flags: ControllersFlags, terminal: Terminal): Promise<void> {
  const { stopped } = terminal
  boundHeapGrowth()
  const env = createRealEnv({ logLevel: flags.logLevel, pretty: true })
  const opened = new AsyncDisposableStack()
  try {
    const hub = opened.use(await connectHub(env, terminal, flags))
    const { server } = hub.api
    await checkForeign(hub.api, server)
    await checkInstalled(hub.api, server)
    terminal.out(`Looking whether ${server} runs workloads itself\n`)
    await checkBare(env, hub.api, server, stopped)
    const folder = opened.use(openDataFolder(dataFolder(flags, terminal)))
    const ca = await ensureAuthority(env, folder, 'ca', 'flotilla-webhooks')
    const serving = await ensureServing(env, folder, ca, ['127.0.0.1'])
    const allowLoopback = isLoopback(new URL(server).hostname)
    const webhooks = opened.use(await serveWebhooks({ env, serving, allowLoopbackEndpoints: allowLoopback }))
    const { holder } = ensureIdentity(env, folder)
    const start = async () => {
      await registerWebhooks(hub.api, webhooks.url, ca.cert)
      return startOn({ env, api: hub.api, holder, allowLoopback })
    }
    opened.use(leadAndRun(env, hub.api, { holder, start, terminal }))
    terminal.out(`Controllers for the hub at ${server}; waiting to be the leader. Ctrl-C stops them.\n`)
    if (!stopped.aborted) await new Promise((resolve) => stopped.addEventListener('abort', resolve, { once: true }))
    terminal.out('Stopping\n')
  } finally {
    await Promise.race([opened.disposeAsync(), env.timers.sleep(stopWithinMs)])
  }
}

function dataFolder({ dataDir }: ControllersFlags, { variables }: Terminal): string {
  if (dataDir !== undefined) return dataDir
  return join(defaultDataFolder(variables), 'controllers')
}

interface Leading {
  readonly holder: string
  readonly start: () => Promise<ControlPlane>
  readonly terminal: Terminal
}

/** One step after the other: the controllers of one term end before those of the next begin. */
function leadAndRun(env: Env, api: KubeApi, { holder, start, terminal }: Leading): AsyncDisposable {
  let running: ControlPlane | undefined
  let steps = Promise.resolve()
  const then = (step: () => Promise<void>) => {
    steps = steps.then(step).catch((error: unknown) => env.log.error({ err: error }, 'Cannot run the controllers'))
  }
  const election = startLeaderElection({
    env,
    api,
    lease: { namespace: systemNamespace, name: 'flotilla-controllers' },
    identity: holder,
    onElected: (generation) =>
      then(async () => {
        if (election.generation !== generation) return
        running = await start()
        terminal.out(`Leading (term ${generation}): controllers are running\n`)
      }),
    onLost: () =>
      then(async () => {
        await running?.[Symbol.asyncDispose]()
        running = undefined
      }),
  })
  return {
    async [Symbol.asyncDispose]() {
      await election.stop()
      await steps
    },
  }
}

interface StartOptions {
  readonly env: Env
  readonly api: KubeApi
  readonly holder: string
  readonly allowLoopback: boolean
}

async function startOn({ env, api, holder, allowLoopback }: StartOptions): Promise<ControlPlane> {
  const key = await ensureHubKey(api)
  return startControlPlane({
    env,
    api,
    claim: { hubId: await identityOf(api), generation: 1, holder },
    connect: connectOverHttps({ env, allowLoopback }),
    solve: createSolveInWorker(env),
    hmac: (text) => createHmac('sha256', key).update(text).digest('base64url'),
  })
}

/** The key of what members see of what we state: the same for every process that may lead, so it is on the hub. */
async function ensureHubKey(api: KubeApi): Promise<Buffer> {
  try {
    await api.create(secrets, newKey(), { fieldManager: 'flotilla-install' })
  } catch (error) {
    if (!isError(error, 'AlreadyExists')) throw error
  }
  const stored = await api.get(secrets, keySecret)
  return Buffer.from(textAt(stored, ['data', 'key']), 'base64')
}

function newKey(): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: keySecret,
    type: 'Opaque',
    data: { key: randomBytes(32).toString('base64') },
  }
}
