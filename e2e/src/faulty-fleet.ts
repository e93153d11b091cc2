// Three real members that a hub reaches only through proxies, which break the network; tests look at them directly.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startFaultProxy, type FaultProxy, type Network } from './fault-proxy.ts'
import { startFleet, type Fleet } from './fleet.ts'

export interface FaultyFleet extends Fleet {
  /** What becomes of the network between the hub and a member. */
  setNetwork(name: string, network: Network): void
  /** Path of the administrator's kubeconfig through the proxy. */
  kubeconfigThroughProxy(name: string): string
}

export async function startFaultyFleet(): Promise<FaultyFleet> {
  const fleet = await startFleet()
  const started = await Promise.all(
    fleet.members.map(async ({ name, plane }) => [name, await startFaultProxy(plane.server)] as const),
  )
  const proxies = new Map(started)
  const proxyOf = (name: string): FaultProxy => {
    const proxy = proxies.get(name)
    if (proxy === undefined) throw new Error(`There is no member ${name}`)
    return proxy
  }
  return {
    ...fleet,
    setNetwork: (name, network) => proxyOf(name).set(network),
    kubeconfigThroughProxy(name) {
      const { plane } = fleet.member(name)
      const path = join(plane.folder, 'kubeconfig-through-proxy')
      writeFileSync(path, readFileSync(plane.kubeconfig, 'utf8').replaceAll(plane.server, proxyOf(name).url))
      return path
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...proxies.values()].map((proxy) => proxy[Symbol.asyncDispose]()))
      await fleet[Symbol.asyncDispose]()
    },
  }
}
