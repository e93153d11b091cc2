// Starts and stops a real control plane in a folder of its own.
import { generateKeyPairSync } from 'node:crypto'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ensureBinaries } from './binaries.ts'
import type { Binaries, Program } from './binaries.ts'
import { Component } from './component.ts'
import { apiServerFlags, controllerManagerFlags, etcdFlags, files, kwokFlags, schedulerFlags } from './flags.ts'
import type { Layout } from './flags.ts'
import { addNodes, areNodesReady } from './nodes.ts'
import type { NodeSpec } from './nodes.ts'
import { freePorts } from './ports.ts'
import { send } from './request.ts'
import type { Endpoint } from './request.ts'
import { startWatchdog } from './watchdog.ts'
import type { Watchdog } from './watchdog.ts'

export type ComponentName = Exclude<Program, 'kubectl'>

/** A running real control plane. Its administrator's credentials are in `token` and in the kubeconfig. */
export interface ControlPlane extends Endpoint, AsyncDisposable {
  readonly name: string
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string
  readonly folder: string
  /** Path of the audit log: writes, one JSON text a line, also those from before a wipe. */
  readonly auditLog: string
  readonly binaries: Binaries
  /** Of the components that run now. */
  readonly pids: Readonly<Partial<Record<ComponentName, number>>>
  /** SIGKILL. */
  kill(component: ComponentName): Promise<void>
  /** Starts it again with the same ports and data (after SIGTERM when it runs), and awaits readiness. */
  restart(component: ComponentName): Promise<void>
  /** Ends every process, forgets all objects, and starts anew: another cluster at the same address. */
  wipe(): Promise<void>
  /** SIGSTOP. */
  pause(component: ComponentName): void
  /** SIGCONT. */
  resume(component: ComponentName): void
  /** Ends every process and removes the folder. */
  stop(): Promise<void>
}

export interface StartOptions {
  /** Names the context of the kubeconfig and the nodes. */
  readonly name?: string
  /** Lines of the static token file beside the administrator's: `token,user,uid,"group1,group2"`. */
  readonly tokens?: readonly string[]
}

export interface StartClusterOptions extends StartOptions {
  /** How many nodes, or what they are like. */
  readonly nodes: number | readonly NodeSpec[]
  /** Requests a second of each of its controllers and of its scheduler; their own default (20 and 50) unless told. */
  readonly controllerRate?: number
}

const readyWithinMs = 120_000
const attempts = 3
const adminToken = 'testbed-admin'

/** A bare hub: etcd, kube-apiserver, and of the controllers namespace, garbage collector and service-account tokens. */
export function startHub(options: StartOptions = {}): Promise<ControlPlane> {
  return startControlPlane({ name: 'hub', ...options }, [])
}

/** A cluster: all controllers, kube-scheduler, and KWOK that plays its nodes; returned when the nodes are Ready. */
export function startCluster({ nodes, ...options }: StartClusterOptions): Promise<ControlPlane> {
  const specs = typeof nodes === 'number' ? Array.from({ length: nodes }, () => ({})) : nodes
  return startControlPlane({ name: 'cluster', isCluster: true, ...options }, specs)
}

interface PlaneOptions extends StartOptions {
  readonly name: string
  readonly isCluster?: boolean
  readonly controllerRate?: number
}

async function startControlPlane(options: PlaneOptions, nodes: readonly NodeSpec[]): Promise<ControlPlane> {
  const binaries = await ensureBinaries()
  for (let attempt = 1; ; attempt++) {
    const plane = new RunningControlPlane(options, nodes, binaries, await freePorts(3))
    try {
      await plane.start()
      return plane
    } catch (error) {
      await plane.stop()
      // The kernel may have given a port to somebody else between our asking and the server's listening.
      if (attempt >= attempts || !/address already in use/.test(String(error))) throw error
    }
  }
}

class RunningControlPlane implements ControlPlane {
  readonly name: string
  readonly folder: string
  readonly kubeconfig: string
  readonly auditLog: string
  readonly server: string
  readonly token = adminToken
  readonly binaries: Binaries
  readonly #nodes: readonly NodeSpec[]
  readonly #layout: Layout
  readonly #isCluster: boolean
  readonly #controllerRate: number | undefined
  readonly #watchdog: Watchdog
  readonly #components = new Map<ComponentName, Component>()
  #ca = ''

  constructor(
    { name, tokens = [], isCluster = false, controllerRate }: PlaneOptions,
    nodes: readonly NodeSpec[],
    binaries: Binaries,
    [etcdPort = 0, etcdPeerPort = 0, apiPort = 0]: readonly number[],
  ) {
    this.name = name
    this.binaries = binaries
    this.folder = mkdtempSync(join(tmpdir(), `flotilla-testbed-${name}-`))
    this.kubeconfig = join(this.folder, files.kubeconfig)
    this.auditLog = join(this.folder, files.auditLog)
    this.#nodes = nodes
    this.server = `https://127.0.0.1:${apiPort}`
    this.#layout = { folder: this.folder, etcdPort, etcdPeerPort, apiPort }
    this.#isCluster = isCluster
    this.#controllerRate = controllerRate
    this.#watchdog = startWatchdog(this.folder)
    writeFileSync(
      join(this.folder, files.tokens),
      [`${adminToken},admin,admin,system:masters`, ...tokens, ''].join('\n'),
    )
    writeFileSync(join(this.folder, files.serviceAccountKey), newKey())
    for (const file of [files.stages, files.auditPolicy]) {
      copyFileSync(join(import.meta.dirname, file), join(this.folder, file))
    }
  }

  get ca(): string {
    return this.#ca
  }

  get pids(): Readonly<Partial<Record<ComponentName, number>>> {
    const running = [...this.#components].filter(([, component]) => component.pid !== undefined)
    return Object.fromEntries(running.map(([name, component]) => [name, component.pid]))
  }

  async start(): Promise<void> {
    this.#add('etcd', etcdFlags(this.#layout))
    this.#add('kube-apiserver', apiServerFlags(this.#layout))
    await this.#until('kube-apiserver', () => this.#isApiReady())
    this.#writeKubeconfig()
    this.#add('kube-controller-manager', controllerManagerFlags(this.#layout, !this.#isCluster, this.#controllerRate))
    if (!this.#isCluster) return
    this.#add('kube-scheduler', schedulerFlags(this.#layout, this.#controllerRate))
    this.#add('kwok', kwokFlags(this.#layout))
    await addNodes(this, this.name, this.#nodes)
    await this.#until('kwok', () => areNodesReady(this, this.#nodes.length))
    const account = '/api/v1/namespaces/default/serviceaccounts/default'
    await this.#until('kube-controller-manager', async () => (await send(this, { path: account })).code === 200)
  }

  async kill(component: ComponentName): Promise<void> {
    await this.#require(component).stop('SIGKILL')
  }

  async restart(name: ComponentName): Promise<void> {
    const component = this.#require(name)
    await component.stop()
    component.start()
    if (name === 'kube-apiserver' || name === 'etcd') await this.#until(name, () => this.#isApiReady())
  }

  async wipe(): Promise<void> {
    await this.#killAll()
    this.#components.clear()
    rmSync(join(this.folder, files.etcd), { recursive: true })
    await this.start()
  }

  pause(component: ComponentName): void {
    this.#require(component).signal('SIGSTOP')
  }

  resume(component: ComponentName): void {
    this.#require(component).signal('SIGCONT')
  }

  async stop(): Promise<void> {
    await this.#killAll()
    await this.#watchdog.dismiss()
    rmSync(this.folder, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Nothing here needs an orderly end, and a controller that lost its API server takes long over one. */
  async #killAll(): Promise<void> {
    await Promise.all([...this.#components.values()].map((component) => component.stop('SIGKILL')))
  }

  #add(name: ComponentName, args: readonly string[]): void {
    const component = new Component({ name, binary: this.binaries[name], args, folder: this.folder }, this.#watchdog)
    this.#components.set(name, component)
    component.start()
  }

  #require(name: ComponentName): Component {
    const component = this.#components.get(name)
    if (!component)
      throw new Error(`Cannot find ${name} in ${this.name}: it has ${[...this.#components.keys()].join(', ')}`)
    return component
  }

  async #isApiReady(): Promise<boolean> {
    this.#ca = readFileSync(join(this.folder, files.certificate), 'utf8')
    return (await send(this, { path: '/readyz' })).code === 200
  }

  /** Polls `check`, for which no connection counts as not yet. Throws with the log of `name` when it ends or lasts. */
  async #until(name: ComponentName, check: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + readyWithinMs
    while (!(await check().catch(() => false))) {
      const dead = [...this.#components.values()].find((component) => component.pid === undefined)
      if (dead) throw new Error(`Cannot start ${this.name}: ${dead.name} ended:\n${dead.logTail()}`)
      if (Date.now() > deadline) {
        throw new Error(`Cannot start ${this.name}: ${name} is not ready:\n${this.#require(name).logTail()}`)
      }
      await sleep(50)
    }
  }

  #writeKubeconfig(): void {
    const { name, server, token } = this
    const cluster = { server, 'certificate-authority-data': Buffer.from(this.ca).toString('base64') }
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster }],
      users: [{ name: 'admin', user: { token } }],
      contexts: [{ name, context: { cluster: name, user: 'admin' } }],
      'current-context': name,
    }
    writeFileSync(this.kubeconfig, JSON.stringify(config), { mode: 0o600 })
  }
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'sec1', format: 'pem' }).toString()
}
