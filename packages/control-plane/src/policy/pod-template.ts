// Where a workload keeps its pod template, and what that template names.
import type { KubeObject } from '@flotilla/machinery/object'
import { asDict, asDicts, dictAt } from '@flotilla/machinery/untyped'
import type { Dict } from '@flotilla/machinery/untyped'
import { kindIdOf } from '../object-id.ts'
import { podPathOf } from '../pod-path.ts'
import { podTemplate, type PodTemplate } from '../interpreter/pod-set.ts'
import type { RuleLookup } from '../interpreter/rule-book.ts'

/** The pod templates of `workload`: one of most kinds, one of each component of others, none where it runs no pods.
 * Throws RuleFailure where an Interpreter does not tell. */
export function podTemplatesOf(workload: KubeObject, rules: RuleLookup): readonly PodTemplate[] {
  const path = podPathOf(kindIdOf(workload))
  if (path) return [podTemplate(dictAt(workload, ...path))]
  const known = rules.rulesFor(workload)
  return [...(known?.components(workload) ?? []).map(({ pod }) => pod), ...present(known?.pod(workload))]
}

function present<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value]
}

export interface PodReferences {
  readonly configMaps: ReadonlySet<string>
  readonly secrets: ReadonlySet<string>
  readonly serviceAccounts: ReadonlySet<string>
  readonly persistentVolumeClaims: ReadonlySet<string>
}

/** Names of the objects, in the pod's own namespace, that `template` uses. */
export function referencesOf(template: PodTemplate): PodReferences {
  const references = {
    configMaps: new Set<string>(),
    secrets: new Set<string>(),
    serviceAccounts: new Set<string>(),
    persistentVolumeClaims: new Set<string>(),
  }
  const { spec } = template
  for (const kind of ['containers', 'initContainers', 'ephemeralContainers']) {
    for (const container of asDicts(spec[kind])) addContainer(references, container)
  }
  for (const volume of asDicts(spec['volumes'])) addVolume(references, volume)
  for (const secret of asDicts(spec['imagePullSecrets'])) add(references.secrets, secret['name'])
  add(references.serviceAccounts, spec['serviceAccountName'] ?? spec['serviceAccount'])
  return references
}

type Mutable = { readonly [Key in keyof PodReferences]: Set<string> }

function addContainer(references: Mutable, container: Dict): void {
  for (const source of asDicts(container['envFrom'])) {
    add(references.configMaps, asDict(source['configMapRef'])['name'])
    add(references.secrets, asDict(source['secretRef'])['name'])
  }
  for (const variable of asDicts(container['env'])) {
    const from = asDict(variable['valueFrom'])
    add(references.configMaps, asDict(from['configMapKeyRef'])['name'])
    add(references.secrets, asDict(from['secretKeyRef'])['name'])
  }
}

/** Volume types that name a Secret: the field that holds its name, directly or as a reference. */
const secretFields = ['secretRef', 'nodePublishSecretRef', 'controllerPublishSecretRef', 'nodeStageSecretRef']

function addVolume(references: Mutable, volume: Dict): void {
  add(references.configMaps, asDict(volume['configMap'])['name'])
  add(references.secrets, asDict(volume['secret'])['secretName'])
  add(references.persistentVolumeClaims, asDict(volume['persistentVolumeClaim'])['claimName'])
  add(references.secrets, asDict(volume['azureFile'])['secretName'])
  for (const source of asDicts(asDict(volume['projected'])['sources'])) {
    add(references.configMaps, asDict(source['configMap'])['name'])
    add(references.secrets, asDict(source['secret'])['name'])
  }
  for (const type of Object.values(volume)) {
    for (const field of secretFields) add(references.secrets, asDict(asDict(type)[field])['name'])
  }
}

function add(names: Set<string>, name: unknown): void {
  if (typeof name === 'string' && name !== '') names.add(name)
}
