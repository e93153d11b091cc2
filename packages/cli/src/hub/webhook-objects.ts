// How the hub's kube-apiserver is told of our webhooks: only for our kinds, and nothing of them without us.
import { kinds } from '@flotilla/api/crds'
import { group, version } from '@flotilla/api/group'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import type { Resource } from '@flotilla/machinery/resource'

const admission = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false } as const
const mutating: Resource = {
  ...admission,
  plural: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
}
const validating: Resource = {
  ...admission,
  plural: 'validatingwebhookconfigurations',
  kind: 'ValidatingWebhookConfiguration',
}

/** Bindings are written by the controllers alone. */
const admitted = kinds.map(({ resource }) => resource.plural).filter((plural) => !plural.endsWith('bindings'))

/** `ca`: PEM of who signed the webhooks' certificate. */
export async function registerWebhooks(hub: KubeApi, url: string, ca: string): Promise<void> {
  for (const resource of [mutating, validating]) {
    await hub.apply(resource, configuration(resource, url, ca), { fieldManager: 'flotilla-install', force: true })
  }
}

export function configuration({ kind }: Resource, url: string, ca: string): KubeObject {
  const path = kind === mutating.kind ? '/mutate' : '/validate'
  const webhook = {
    name: `${path.slice(1)}.${group}`,
    admissionReviewVersions: ['v1'],
    clientConfig: { url: `${url}${path}`, caBundle: Buffer.from(ca).toString('base64') },
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    sideEffects: 'None',
    timeoutSeconds: 5,
    rules: [
      { apiGroups: [group], apiVersions: [version], resources: admitted, operations: ['CREATE', 'UPDATE'], scope: '*' },
    ],
  }
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name: 'flotilla' }, webhooks: [webhook] }
}
