// The kubeconfig that `flotilla start` writes: one context for the hub, and one for each member that can be reached.
import type { KeyPair } from '@flotilla/kube-server/http/certificates'
import { writePrivate } from './private-file.ts'

export interface KubeconfigEntry {
  /** Of the context, its cluster and its user. */
  readonly name: string
  readonly server: string
  /** PEM. */
  readonly ca: string
  readonly client: KeyPair
}

/** The first entry is the current context. */
export function kubeconfigText(entries: readonly KubeconfigEntry[]): string {
  const list = (field: string, items: readonly string[]) => `${field}:\n${items.join('')}`
  return [
    'apiVersion: v1\nkind: Config\n',
    `current-context: ${text(entries[0]?.name ?? '')}\n`,
    list(
      'clusters',
      entries.map(
        ({ name, server, ca }) =>
          `- name: ${text(name)}\n  cluster:\n    server: ${text(server)}\n    certificate-authority-data: ${base64(ca)}\n`,
      ),
    ),
    list(
      'users',
      entries.map(
        ({ name, client }) =>
          `- name: ${text(name)}\n  user:\n    client-certificate-data: ${base64(client.cert)}\n    client-key-data: ${base64(client.key)}\n`,
      ),
    ),
    list(
      'contexts',
      entries.map(
        ({ name }) => `- name: ${text(name)}\n  context:\n    cluster: ${text(name)}\n    user: ${text(name)}\n`,
      ),
    ),
  ].join('')
}

export function writeKubeconfig(path: string, entries: readonly KubeconfigEntry[]): void {
  writePrivate(path, kubeconfigText(entries))
}

/** JSON's strings are YAML's. */
function text(value: string): string {
  return JSON.stringify(value)
}

function base64(pem: string): string {
  return Buffer.from(pem).toString('base64')
}
