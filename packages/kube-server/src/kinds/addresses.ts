// Addresses and node ports that Services are given: each once, free again when its Service goes.
import type { KubeObject } from '@flotilla/machinery/object'
import type { Store, StoreEvent } from '../store/store.ts'

export interface Addresses {
  /** A free cluster IP of 10.96.0.0/12. */
  nextIp(): string
  isIpTaken(ip: string): boolean
  /** A free port of 30000 to 32767. */
  nextPort(): number
  isPortTaken(port: number): boolean
  /** Until its Service is stored, somebody has it. */
  reserve(value: string | number): void
}

const firstPort = 30_000
const ports = 2768
const hosts = 1 << 20

/** True for an address of 10.96.0.0/12. */
export function isInRange(ip: string): boolean {
  const [first, second = NaN] = ip.split('.').map(Number)
  return first === 10 && second >= 96 && second < 112
}

const known = new WeakMap<Store, Addresses>()

export function addressesOf(store: Store): Addresses {
  const found = known.get(store) ?? createAddresses(store)
  known.set(store, found)
  return found
}

function createAddresses(store: Store): Addresses {
  const taken = new Set<string | number>()
  // The first addresses stay for well-known services.
  let lastHost = 255
  let lastPort = -1
  for (const { object } of store.list({ prefix: 'services/' }).items) for (const one of usedBy(object)) taken.add(one)
  store.subscribe('services', (event) => note(taken, event))
  return {
    nextIp() {
      for (let tried = 0; tried < hosts; tried++) {
        lastHost = lastHost + 1 >= hosts - 1 ? 256 : lastHost + 1
        const ip = `10.${96 + (lastHost >> 16)}.${(lastHost >> 8) & 255}.${lastHost & 255}`
        if (!taken.has(ip)) return ip
      }
      throw new Error('Cannot allocate a cluster IP: all of 10.96.0.0/12 are taken')
    },
    nextPort() {
      for (let tried = 0; tried < ports; tried++) {
        lastPort = (lastPort + 1) % ports
        if (!taken.has(firstPort + lastPort)) return firstPort + lastPort
      }
      throw new Error(`Cannot allocate a node port: all ${ports} from ${firstPort} are taken`)
    },
    isIpTaken: (ip) => taken.has(ip),
    isPortTaken: (port) => taken.has(port),
    reserve: (value) => void taken.add(value),
  }
}

function note(taken: Set<string | number>, event: StoreEvent): void {
  for (const one of event.before ? usedBy(event.before.object) : []) taken.delete(one)
  if (event.type !== 'DELETED') for (const one of usedBy(event.object)) taken.add(one)
}

interface Spec {
  readonly clusterIPs?: readonly string[]
  readonly clusterIP?: string
  readonly healthCheckNodePort?: number
  readonly ports?: readonly { readonly nodePort?: number }[]
}

function usedBy(service: KubeObject): (string | number)[] {
  const { clusterIPs = [], clusterIP, healthCheckNodePort, ports: servicePorts = [] } = (service.spec ?? {}) as Spec
  const ips = [...clusterIPs, ...(clusterIP ? [clusterIP] : [])].filter((ip) => ip !== 'None')
  const nodePorts = [...servicePorts.map(({ nodePort }) => nodePort), healthCheckNodePort].filter(
    (port) => port !== undefined,
  )
  return [...ips, ...nodePorts]
}
