// Three real members, and what tests ask of all of them at once.
import { startCluster, type ControlPlane, type StartClusterOptions } from '@flotilla/testbed/control-plane'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'
import { openServer, type Server } from './server.ts'

export interface Member extends Server {
  readonly name: string
  readonly plane: ControlPlane
}

export interface Fleet extends AsyncDisposable {
  readonly members: readonly Member[]
  member(name: string): Member
  /** `read` of each member, in order. */
  each<T>(read: (member: Member) => Promise<T>): Promise<readonly T[]>
  /** The object on each member, undefined where there is none. */
  find(resource: Resource, name: string, namespace?: string): Promise<readonly (KubeObject | undefined)[]>
}

type Nodes = StartClusterOptions['nodes']

/** Members by name, with their nodes; member-1 to member-3 with two each unless told. */
export async function startFleet(
  nodes: Readonly<Record<string, Nodes>> = { 'member-1': 2, 'member-2': 2, 'member-3': 2 },
): Promise<Fleet> {
  const planes = await Promise.all(Object.entries(nodes).map(([name, some]) => startCluster({ name, nodes: some })))
  const members = await Promise.all(
    planes.map(async (plane) => ({ ...(await openServer(plane.kubeconfig)), name: plane.name, plane })),
  )
  const each = <T>(read: (member: Member) => Promise<T>) => Promise.all(members.map(read))
  return {
    members,
    each,
    member(name) {
      const found = members.find((member) => member.name === name)
      if (found === undefined) throw new Error(`There is no member ${name}`)
      return found
    },
    find: (resource, name, namespace) => each((member) => member.find(resource, name, namespace)),
    async [Symbol.asyncDispose]() {
      await Promise.all(members.map(({ api }) => api.close()))
      await Promise.all(planes.map((plane) => plane.stop()))
    },
  }
}
