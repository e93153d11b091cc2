// One process of the hub's controllers: all of them, as `flotilla start` runs them.
import { createHmac } from 'node:crypto'
import { startControlPlane } from '@flotilla/control-plane/controllers'
import { FlotillaError } from '@flotilla/machinery/errors'
import type { SimHub } from './sim-hub.ts'
import type { SimMember } from './sim-member.ts'
import type { SimNet } from './sim-net.ts'
import type { SimProcess } from './sim-process.ts'

export const hubId = 'hub'

/** Of failover, ms: short enough for a run to see all of it. */
export const failoverTimes = { settleMs: 10_000, steadyMs: 90_000, notReadyAfterMs: 30_000 } as const

export interface ControllersOptions {
  readonly process: SimProcess
  readonly net: SimNet
  readonly hub: SimHub
  readonly members: ReadonlyMap<string, SimMember>
  readonly generation: number
  /** Requests per second and member. */
  readonly requestRate: number
}

/** Runs until the process dies: there is no other end. */
export function runControllers({ process, net, hub, members, generation, requestRate }: ControllersOptions): void {
  startControlPlane({
    env: process.env,
    api: net.connect(process, hub, 'sync'),
    claim: { hubId, generation, holder: process.name },
    requestRate,
    failover: failoverTimes,
    hmac: (text) => createHmac('sha256', 'simulation').update(text).digest('base64url'),
    connect: ({ metadata }, _, purpose) => {
      const member = members.get(metadata.name)
      if (member === undefined)
        throw new FlotillaError('Invalid', `there is nothing at the address of ${metadata.name}`)
      return { api: net.connect(process, member, purpose), close: async () => {} }
    },
  })
}
