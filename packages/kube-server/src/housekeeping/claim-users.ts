// Which pods use which claims. Only pods that have a node count: upstream's kubelets start none on a claim that goes.
import type { KubeObject } from '@flotilla/machinery/object'
import { storeKey } from '../storage-forms.ts'
import type { Store, StoreEvent, Stored } from '../store/store.ts'

const claims = { group: '', plural: 'persistentvolumeclaims' } as const

interface PodSpec {
  readonly nodeName?: string
  readonly volumes?: readonly {
    readonly name: string
    readonly persistentVolumeClaim?: { readonly claimName: string }
    readonly ephemeral?: unknown
  }[]
}

export class ClaimUsers {
  /** Keys of pods by the keys of their claims. */
  readonly #pods = new Map<string, Set<string>>()

  /** Takes note of a pod's event; gives the keys of the claims that it may have freed. */
  note(event: StoreEvent): readonly string[] {
    const now = event.type === 'DELETED' ? [] : claimKeys(event)
    const before = claimKeys(event.before)
    for (const claim of before) if (!now.includes(claim)) this.#forget(claim, event.key)
    for (const claim of now) this.#podsOf(claim).add(event.key)
    return event.type === 'DELETED' || isShutDown(event.object) ? before : []
  }

  isUsed(claim: Stored, store: Store): boolean {
    for (const key of this.#pods.get(claim.key) ?? []) {
      const pod = store.get(key)?.object
      if (pod !== undefined && uses(pod, claim.object)) return true
    }
    return false
  }

  #podsOf(claim: string): Set<string> {
    const pods = this.#pods.get(claim) ?? new Set()
    this.#pods.set(claim, pods)
    return pods
  }

  #forget(claim: string, pod: string): void {
    const pods = this.#pods.get(claim)
    pods?.delete(pod)
    if (pods?.size === 0) this.#pods.delete(claim)
  }
}

function claimKeys(pod: Stored | undefined): readonly string[] {
  if (pod === undefined) return []
  const { volumes = [], nodeName } = pod.object.spec as PodSpec
  if (!nodeName) return []
  const { name: podName, namespace = '' } = pod.object.metadata
  return volumes.flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    const claim = persistentVolumeClaim?.claimName ?? (ephemeral === undefined ? undefined : `${podName}-${name}`)
    return claim === undefined ? [] : [storeKey(claims, { name: claim, namespace })]
  })
}

/** A claim that a pod names is used until the pod is gone; one that was made for the pod, until its end. */
function uses(pod: KubeObject, claim: KubeObject): boolean {
  const { volumes = [] } = pod.spec as PodSpec
  const { name, ownerReferences = [] } = claim.metadata
  if (volumes.some((volume) => volume.persistentVolumeClaim?.claimName === name)) return true
  const isItsOwn = ownerReferences.some(({ controller, uid }) => controller === true && uid === pod.metadata.uid)
  return isItsOwn && !isShutDown(pod)
}

function isShutDown({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0
}
