// Whether it is still the member that answers at its address. A cluster that was put in its place has none of our objects:
// all of them would be stated to it, as if somebody had deleted them, until the next probe finds out.
import type { KubeApi } from '@flotilla/machinery/kube-api'
import { namespaces } from '@flotilla/machinery/well-known-resources'

export class MemberIdentity {
  readonly #api: KubeApi
  readonly #id: string
  readonly #signal: AbortSignal
  #isInDoubt = false
  #asking: Promise<boolean> | undefined

  constructor(api: KubeApi, id: string, signal: AbortSignal) {
    this.#api = api
    this.#id = id
    this.#signal = signal
  }

  /** Something of ours has vanished there. */
  doubt(): void {
    this.#isInDoubt = true
  }

  /** Undefined: there is no doubt. False: another cluster answers. Asked once for all that vanished. @throws its answer. */
  confirm(): Promise<boolean> | undefined {
    if (!this.#isInDoubt) return undefined
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  async #ask(): Promise<boolean> {
    // What vanishes while we ask is asked about again.
    this.#isInDoubt = false
    try {
      const { metadata } = await this.#api.get(namespaces, { name: 'kube-system' }, { signal: this.#signal })
      this.#isInDoubt ||= metadata.uid !== this.#id
      return metadata.uid === this.#id
    } catch (error) {
      this.#isInDoubt = true
      throw error
    }
  }
}
