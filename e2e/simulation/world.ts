// A hub, its controllers, its members and the network between them, in one thread on a virtual clock, with every check
// watching.
import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion, systemNamespace } from '@flotilla/api/group'
import type { StoreEvent } from '@flotilla/kube-server/store/store'
import type { KubeObject } from '@flotilla/machinery/object'
import { namespaces } from '@flotilla/machinery/well-known-resources'
import { seededRandom } from '@flotilla/runtime/seeded-random'
import { createVirtualEnv, type VirtualEnv } from '@flotilla/runtime/virtual-env'
import { checkBudgets } from './checks/budgets.ts'
import type { Check, Watched } from './checks/check.ts'
import { checkDecidedReplicas } from './checks/decided-replicas.ts'
import { checkDeletions } from './checks/deletions.ts'
import { checkFailover } from './checks/failover.ts'
import { checkOneWriter } from './checks/one-writer.ts'
import { checkReadyFloor } from './checks/ready-floor.ts'
import { checkShrinks } from './checks/shrinks.ts'
import { checkStorms } from './checks/storms.ts'
import { runControllers } from './controllers-process.ts'
import { FleetModel } from './fleet-model.ts'
import { History } from './history.ts'
import type { Scenario } from './scenario.ts'
import { SimHub } from './sim-hub.ts'
import { SimMember } from './sim-member.ts'
import { isWrite, SimNet, type Call } from './sim-net.ts'
import { SimProcess } from './sim-process.ts'

export class World implements Watched {
  readonly env: VirtualEnv
  readonly history: History
  readonly random: () => number
  readonly net: SimNet
  readonly hub: SimHub
  readonly members = new Map<string, SimMember>()
  readonly model: FleetModel
  /** Processes of the controllers that live. */
  readonly processes = new Set<SimProcess>()
  /** Writes to members by us, leases aside. */
  memberWrites = 0
  /** Of the hub, durable, but for leases and for what is merely seen again. */
  hubWrites = 0
  readonly #seed: number
  readonly #scenario: Scenario
  readonly #checks: readonly Check[]
  readonly #held = new Map<string, Map<string, KubeObject>>()
  #starts = 0
  /** Until when something is wrong with the hub, virtual ms since 1970. */
  #shakenUntil = 0

  constructor(seed: number, scenario: Scenario) {
    this.#seed = seed
    this.#scenario = scenario
    const env = createVirtualEnv({ seed })
    this.env = env
    this.random = seededRandom(seed + 0xc4a05)
    this.model = new FleetModel(() => env.clock.now())
    this.history = new History(() => env.clock.monotonic())
    this.net = new SimNet({
      env,
      random: this.random,
      history: this.history,
      onSent: (call) => {
        for (const check of this.#checks) check.onSent?.(call)
      },
      onArrival: (call) => this.#seeCall(call),
      onDone: (call) => {
        for (const check of this.#checks) check.onDone?.(call)
      },
      onAnswered: (call) => {
        for (const check of this.#checks) check.onAnswered?.(call)
      },
    })
    this.hub = new SimHub({
      env,
      seed,
      random: this.random,
      onEvent: (event) => this.#seeHub(event),
      onLoss: (message) => this.violate('I1', message),
      onError: (message) => this.violate('error', message),
    })
    for (const name of scenario.members) {
      const onEvent = (member: SimMember, event: StoreEvent) => this.#seeMember(member, event)
      this.members.set(name, new SimMember({ env, name, podStartMs: scenario.podStartMs ?? 800, onEvent }))
    }
    this.#checks = [
      checkDeletions(this),
      checkReadyFloor(this),
      checkOneWriter(this),
      checkDecidedReplicas(this),
      checkStorms(this),
      checkShrinks(this, scenario.actsWithinMs ?? 5 * 60_000),
      checkFailover(this),
      checkBudgets(this, this.#requestRate),
    ]
  }

  /** Of policies that people make. */
  get failsOver(): boolean {
    return this.#scenario.failsOver === true
  }

  get #requestRate(): number {
    return this.#scenario.requestRate ?? 200
  }

  now = (): number => this.env.clock.now()

  isSteady = (ms: number): boolean => this.now() - this.#shakenUntil >= ms

  violate = (invariant: string, message: string): void => this.history.violate(invariant, message)

  held = (member: string, key: string): KubeObject | undefined => this.#held.get(member)?.get(key)

  member(name: string): SimMember {
    const found = this.members.get(name)
    if (found === undefined) throw new Error(`there is no member ${name}`)
    return found
  }

  async start(): Promise<void> {
    await this.hub.start()
    for (const member of this.members.values()) await member.provision()
    this.startControllers()
    for (const name of [systemNamespace, 'shop']) await this.peopleDone(() => this.#createNamespace(name))
    for (const name of this.members.keys()) await this.peopleDone(() => this.register(name))
    await this.env.advance(15_000)
  }

  /** Something that people do; what is refused is refused. */
  async people(act: () => unknown): Promise<void> {
    try {
      await act()
    } catch (error) {
      this.history.note(`refused: ${String(error)}`)
    }
  }

  /** As `people`, and time passes until it is done. */
  async peopleDone(act: () => unknown): Promise<void> {
    await this.env.complete(this.people(act), { limitMs: 120_000, what: 'what a person does' })
  }

  /** A process of the controllers; another holder than those before only if it is named so. */
  startControllers(name = 'controllers', generation = 1): SimProcess {
    const seed = this.#seed * 1_000 + ++this.#starts
    const onError = (message: string) => this.violate('error', message)
    const process = new SimProcess({ name, world: this.env, seed, onError })
    this.processes.add(process)
    const end = () => {
      this.processes.delete(process)
      this.deafen(process)
    }
    process.death.addEventListener('abort', end, { once: true })
    const { net, hub, members } = this
    runControllers({ process, net, hub, members, generation, requestRate: this.#requestRate })
    this.history.note(`${name} starts`)
    this.wake(process)
    return process
  }

  /** The process of the controllers runs. */
  ensureControllers(): void {
    if (![...this.processes].some(({ name }) => name === 'controllers')) this.startControllers()
  }

  /** Something is wrong with the hub, or the way to it, for so long. */
  shakeHub(ms: number): void {
    this.#shakenUntil = Math.max(this.#shakenUntil, this.now() + ms)
  }

  /** A process listens again that did not. */
  wake({ name }: SimProcess): void {
    for (const check of this.#checks) check.onWake?.(name)
  }

  /** A process listens no more. */
  deafen({ name }: SimProcess): void {
    for (const check of this.#checks) check.onDeaf?.(name)
  }

  /** Clocks of all processes are wrong by so much more. */
  skew(ms: number): void {
    for (const process of this.processes) process.skew(ms)
    for (const check of this.#checks) check.onSkew?.()
  }

  /** Somebody but us has changed what runs on members. */
  disturb(app?: string): void {
    for (const check of this.#checks) check.onDisturbance?.(app)
  }

  /** Whatever answered at the address is gone, with all that ran there. */
  async wipe(name: string): Promise<void> {
    this.disturb()
    for (const check of this.#checks) check.onWipe?.(name)
    this.#held.delete(name)
    await this.member(name).provision()
  }

  /** Makes room for a hub on the member. */
  async prepare(name: string): Promise<void> {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } }
    await this.member(name)
      .admin.create(namespaces, namespace)
      .catch(() => {})
  }

  async register(name: string): Promise<void> {
    const member = this.member(name)
    await this.prepare(name)
    const spec = { id: member.id, mode: 'Direct', region: `region-${name}` }
    await this.hub
      .api()
      ?.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name }, spec } as KubeObject)
  }

  async stop(): Promise<void> {
    for (const process of this.processes) process.crash()
    for (const member of this.members.values()) await member.stop()
    await this.hub.stop()
  }

  async #createNamespace(name: string): Promise<void> {
    await this.hub.api()?.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }

  #seeCall(call: Call): void {
    if (isWrite(call) && this.members.has(call.server) && call.resource?.plural !== 'leases') this.memberWrites++
    for (const check of this.#checks) check.onArrival?.(call)
  }

  #seeHub(event: StoreEvent): void {
    const isRoutine = isHeartbeat(event)
    this.history.note(`hub ${event.type} ${event.key} ${event.revision}`, isRoutine)
    if (!isRoutine) this.hubWrites++
    this.model.take(event)
    for (const check of this.#checks) check.onHubEvent?.(event)
  }

  #seeMember(member: SimMember, event: StoreEvent): void {
    const { key, type, object, revision } = event
    if (key.includes('/shop/')) {
      this.history.note(`${member.name} ${type} ${key} ${revision}`)
      const held = this.#held.get(member.name) ?? new Map<string, KubeObject>()
      this.#held.set(member.name, held)
      if (type === 'DELETED') held.delete(key)
      else held.set(key, object)
    }
    for (const check of this.#checks) check.onMemberEvent?.(member, event)
  }
}

/** Leases, and that a member was seen once more. */
function isHeartbeat({ key, object, before }: StoreEvent): boolean {
  if (key.startsWith('leases.')) return true
  if (!key.startsWith('clusters.flotilla.dev/') || before === undefined) return false
  return withoutLiveValues(object) === withoutLiveValues(before.object)
}

function withoutLiveValues({ metadata, ...object }: KubeObject): string {
  const { lastSeenTime: _, latencyMilliseconds: __, ...status } = (object['status'] ?? {}) as Record<string, unknown>
  return JSON.stringify([metadata.generation, metadata.labels, metadata.finalizers, object['spec'], status])
}
