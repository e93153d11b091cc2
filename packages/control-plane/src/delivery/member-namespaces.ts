// Namespaces on one member: created with the first object that is placed in one; one that exists is used as it is.
import { fieldManager, hubLabel } from '@flotilla/api/group'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { namespaces } from '@flotilla/machinery/well-known-resources'

export class MemberNamespaces {
  readonly #api: KubeApi
  readonly #hubId: string
  readonly #known = new Map<string, Promise<void>>()

  constructor(api: KubeApi, hubId: string) {
    this.#api = api
    this.#hubId = hubId
  }

  /** Empty: of what lives in no namespace. */
  ensure(namespace: string, signal: AbortSignal): Promise<void> | undefined {
    if (namespace === '') return undefined
    let known = this.#known.get(namespace)
    if (!known) {
      known = this.#create(namespace, signal)
      this.#known.set(namespace, known)
      known.catch(() => this.#known.delete(namespace))
    }
    return known
  }

  /** It may be gone: it is looked for again with the next object. */
  forget(namespace: string): void {
    this.#known.delete(namespace)
  }

  async #create(name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#api.get(namespaces, { name }, { signal })
      return
    } catch (error) {
      if (!isError(error, 'NotFound')) throw error
    }
    const labels = { [hubLabel]: this.#hubId }
    try {
      await this.#api.create(
        namespaces,
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } },
        { fieldManager, signal },
      )
    } catch (error) {
      if (!isError(error, 'AlreadyExists')) throw error
    }
  }
}
