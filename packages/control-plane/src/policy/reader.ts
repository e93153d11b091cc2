// What the controllers of bindings ask the hub about templates. Throws Waiting for what has not been read yet: nothing
// must seem to be missing because of that.
import type { Binding, Hub } from '../hub.ts'
import { policyIndex } from '../hub.ts'
import { isAbsence } from '../absence.ts'
import { objectIdOf, type ObjectId } from '../object-id.ts'
import type { KubeObject } from '@flotilla/machinery/object'
import { Waiting } from '@flotilla/runtime/errors'
import { refOf } from './binding.ts'
import { followerKinds } from '../interpreter/follower-kinds.ts'
import { followersOf } from './dependencies.ts'
import { matchPolicy } from './match.ts'
import type { Policy, Verdict } from './match.ts'
import { objectsIn } from './namespace-objects.ts'
import { priorityClassKind, resolvePriority } from './priority.ts'
import type { Uses } from './uses.ts'

export type WorkloadRef = Binding['spec']['workloads'][number]['ref']

/** How soon a kind that has not been read is looked at again. */
const unreadRetryMs = 200

export class Reader {
  readonly #hub: Hub
  readonly #uses: Uses

  constructor(hub: Hub, uses: Uses) {
    this.#hub = hub
    this.#uses = uses
  }

  /** Which policy wins the template. */
  verdictOn(template: KubeObject): Verdict {
    const hub = this.#hub
    const { namespace } = template.metadata
    const local = namespace === undefined ? [] : hub.policies.byIndex('selects', policyIndex(namespace, template))
    const wide = hub.clusterPolicies.byIndex('selects', policyIndex(undefined, template))
    return matchPolicy(template, [...local, ...wide], (name) => labelsOf(hub.namespaces.get(name)))
  }

  /** What follows the template by the word of its policy. */
  followersOf(template: KubeObject, policy: Policy): readonly KubeObject[] {
    const id = objectIdOf(refOf(template))
    if (policy.spec.propagateDeps === false) {
      this.#uses.forget(id)
      return []
    }
    for (const [kind, apiVersion] of Object.entries(followerKinds)) this.mustBeRead({ apiVersion, kind })
    const objects = objectsIn(this.#hub, template.metadata.namespace ?? '')
    return this.#uses.record(id, objects, (recorded) =>
      followersOf(template, recorded, this.#hub.interpreters, () => this.#followersBefore(id)),
    )
  }

  /** What bindings of the workload say of it now, as far as it is there. */
  #followersBefore(workload: ObjectId): readonly KubeObject[] {
    const refs = this.#hub
      .bindingsOf(workload)
      .filter(({ spec }) => spec.workloads.some(({ ref }) => objectIdOf(ref) === workload))
      .flatMap(({ spec }) => spec.followers ?? [])
    return refs.flatMap(({ ref }) => this.#hub.templates.get(ref) ?? [])
  }

  withPriority(verdict: Verdict, template: KubeObject, binding: Binding | undefined): Verdict {
    const asked = verdict.winner?.spec.schedulePriority
    if (asked === undefined) return verdict
    const { templates } = this.#hub
    templates.open(priorityClassKind)
    this.mustBeRead(priorityClassKind)
    const classes = {
      get: (name: string) => templates.get({ ...priorityClassKind, name }),
      list: () => templates.informer(priorityClassKind)?.list() ?? [],
    }
    return {
      ...verdict,
      schedulePriority: resolvePriority(
        asked,
        template,
        classes,
        binding?.spec.schedulePriority,
        this.#hub.interpreters,
      ),
    }
  }

  mustBeRead(kind: Pick<WorkloadRef, 'apiVersion' | 'kind'>): void {
    if (!this.#hub.templates.isComplete(kind)) {
      throw new Waiting(`${kind.kind} objects have not been read yet`, unreadRetryMs)
    }
  }

  /** Whether the hub has this very template now, whatever its watch has told so far: a change comes if it has not. */
  async isAlive(template: KubeObject): Promise<boolean> {
    const live = await this.#readLive(refOf(template))
    return (
      live !== undefined && live.metadata.uid === template.metadata.uid && live.metadata.deletionTimestamp === undefined
    )
  }

  /** Waits until the kind has been read: a template that is there is then heard of, and its binding owned. */
  async isGone(ref: WorkloadRef): Promise<boolean> {
    this.mustBeRead(ref)
    return (await this.#readLive(ref))?.metadata.uid !== ref.uid
  }

  async #readLive(ref: WorkloadRef): Promise<KubeObject | undefined> {
    const resource = this.#hub.templates.resource(ref)
    if (!resource) throw new Waiting(`The hub does not serve kind ${ref.kind} of ${ref.apiVersion} yet`, unreadRetryMs)
    return this.#hub.api.get(resource, ref).catch((error: unknown) => {
      if (isAbsence(error)) return undefined
      throw error
    })
  }
}

function labelsOf(namespace: KubeObject | undefined): Readonly<Record<string, string>> | undefined {
  return namespace && (namespace.metadata.labels ?? {})
}
