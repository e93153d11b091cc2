// The ledger of what was let go, as the hub keeps it.
import { fieldManager, systemNamespace } from '@flotilla/api/group'
import { isError } from '@flotilla/machinery/errors'
import { keyOf, type KubeObject } from '@flotilla/machinery/object'
import { configMaps, namespaces } from '@flotilla/machinery/well-known-resources'
import type { Hub } from '../../hub.ts'
import { type Entry, ledgerData, ledgerKey, readLedger } from './ledger.ts'

export class LedgerStore {
  readonly #hub: Hub
  #read: { readonly ledger: KubeObject | undefined; readonly entries: readonly Entry[] } = {
    ledger: undefined,
    entries: [],
  }

  constructor(hub: Hub) {
    this.#hub = hub
  }

  /** The oldest first. */
  entries(): readonly Entry[] {
    const ledger = this.#ledger()
    if (ledger !== this.#read.ledger) this.#read = { ledger, entries: readLedger(ledger) }
    return this.#read.entries
  }

  /** Throws Conflict when what `entries` gave is not the newest. */
  async write(entries: readonly Entry[]): Promise<void> {
    const { api } = this.#hub
    const data = ledgerData(entries)
    const known = this.#ledger()
    if (!known) return this.#create(data)
    const patch = { metadata: { resourceVersion: known.metadata.resourceVersion }, data }
    await api.patch(configMaps, ledgerKey, { type: 'merge', patch }, { fieldManager })
  }

  #ledger(): KubeObject | undefined {
    return this.#hub.settings.get(keyOf(ledgerKey))
  }

  async #create(data: Readonly<Record<string, string>>): Promise<void> {
    const { api } = this.#hub
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: ledgerKey, data }
    try {
      await api.create(configMaps, object, { fieldManager })
    } catch (error) {
      if (!isError(error, 'NotFound')) throw error
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } }
      await api.create(namespaces, namespace, { fieldManager })
      await api.create(configMaps, object, { fieldManager })
    }
  }
}
