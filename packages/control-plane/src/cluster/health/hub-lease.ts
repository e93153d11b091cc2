// One hub per member: a Lease on the member says which hub may write to it, its generation and its holder.
import { group, systemNamespace } from '@flotilla/api/group'
import { isError } from '@flotilla/machinery/errors'
import type { KubeApi } from '@flotilla/machinery/kube-api'
import type { KubeObject } from '@flotilla/machinery/object'
import { leases } from '@flotilla/machinery/well-known-resources'
import { textAt } from '@flotilla/machinery/untyped'
import type { Env } from '@flotilla/runtime/env'
import type { PastOnMember } from './hub-past.ts'

const key = { namespace: systemNamespace, name: 'flotilla-hub' }
const hubAnnotation = `${group}/hub-id`
const generationAnnotation = `${group}/hub-generation`
/** Which state of the hub wrote here last: see `hub-past.ts`. */
const pastAnnotation = `${group}/hub-past`

/** Milliseconds that another holder waits after the last renewal it saw. */
export const leaseTermMs = 30_000

/** Who claims a member. */
export interface HubClaim {
  readonly hubId: string
  /** Grows when a hub is taken over; an older hub writes nothing. */
  readonly generation: number
  /** The one process of that hub: an identity kept in its data folder. */
  readonly holder: string
}

export type LeaseVerdict =
  | { readonly kind: 'held' }
  | { readonly kind: 'ended' }
  /** Another holder of the same hub may still be writing. */
  | { readonly kind: 'waiting'; readonly holder: string }
  | {
      readonly kind: 'refused'
      readonly reason: 'OtherHub' | 'NewerGeneration' | 'RestoredHub'
      readonly message: string
    }

/** The claim on the member behind `api`, or undefined when nobody claims it. @throws what the member answers. */
export async function readHubClaim(api: KubeApi): Promise<HubClaim | undefined> {
  return (await readSeenClaim(api))?.claim
}

export interface SeenClaim {
  readonly claim: HubClaim
  /** Of the state of the hub that wrote last. */
  readonly mark: string | undefined
  /** RFC 3339. */
  readonly renewTime: string
}

/** As `readHubClaim`, with what tells when it was made, and by which state of the hub. */
export async function readSeenClaim(api: KubeApi): Promise<SeenClaim | undefined> {
  const lease = await readLease(api)
  const claim = lease && claimOf(lease)
  if (!claim) return undefined
  return { claim, mark: lease.metadata.annotations?.[pastAnnotation], renewTime: textAt(lease, 'spec', 'renewTime') }
}

/** Ends our claim, so that another hub can join the member at once. */
async function releaseHubClaim(api: KubeApi, hubId: string): Promise<void> {
  const lease = await readLease(api)
  if (!lease || claimOf(lease)?.hubId !== hubId || !lease.metadata.uid) return
  await api.delete(leases, key, { preconditions: { uid: lease.metadata.uid } })
}

export interface HubLease {
  /** True within the term that was renewed last: checked before every write. */
  mayWrite(): boolean
  /** Reads the Lease and renews or takes it where that is allowed. @throws what the member answers. */
  renew(): Promise<LeaseVerdict>
  /** Nothing may be written before the next `renew`. */
  drop(): void
  /** Gives the member up for good: the Lease is deleted and not taken again. @throws what the member answers. */
  end(): Promise<void>
}

/**
 * The lease of `given` on the member behind `api`; nothing is read or written before `renew`. `past`: of the hub, which
 * may have been taken over since.
 */
export function createHubLease(env: Env, api: KubeApi, given: HubClaim, past?: PastOnMember): HubLease {
  let held = notHeld
  let isEnded = false
  /** The other holder's last renewal, and when we first saw it: terms are measured on our clock alone. */
  let seen = { renewTime: '', at: 0 }

  async function renew(): Promise<LeaseVerdict> {
    if (isEnded) return { kind: 'ended' }
    const mark = await past?.mark()
    const own = past?.claim() ?? given
    const [asked, askedAt] = [env.clock.monotonic(), env.clock.now()]
    const lease = await readLease(api)
    // Seen now, and renewed no later: counted from before the request, its term would end before the other's own does.
    const judged = judge(lease, own, env.clock.monotonic())
    const verdict = (await restoredSince(lease, own)) ?? judged
    if (verdict.kind === 'held') await write(leaseFor(own, mark, lease, new Date(env.clock.now())), lease !== undefined)
    // Counted from before the request: a slow answer must not stretch the term.
    held = verdict.kind === 'held' ? { until: asked + leaseTermMs, untilTime: askedAt + leaseTermMs } : notHeld
    return verdict
  }

  /** Undefined: the hub is none that was restored. */
  async function restoredSince(lease: KubeObject | undefined, own: HubClaim): Promise<LeaseVerdict | undefined> {
    const claim = lease && claimOf(lease)
    if (!past || (claim && claim.hubId !== own.hubId)) return undefined
    const isNewer = claim && (await past.isNewer(claim, lease?.metadata.annotations?.[pastAnnotation]))
    // Who it is that is newer says more.
    if (isNewer && claim.generation > own.generation) return newerGeneration(claim, own)
    return isNewer || past.isRestored() ? restoredHub : undefined
  }

  function judge(lease: KubeObject | undefined, own: HubClaim, now: number): LeaseVerdict {
    const claim = lease && claimOf(lease)
    if (!claim) return { kind: 'held' }
    if (claim.hubId !== own.hubId) return otherHub(claim)
    if (claim.generation > own.generation) return newerGeneration(claim, own)
    if (claim.holder === own.holder || claim.generation < own.generation) return { kind: 'held' }
    const renewTime = textAt(lease, 'spec', 'renewTime')
    if (renewTime !== seen.renewTime) seen = { renewTime, at: now }
    return now - seen.at >= leaseTermMs ? { kind: 'held' } : { kind: 'waiting', holder: claim.holder }
  }

  async function write(next: KubeObject, isThere: boolean): Promise<void> {
    if (isThere) await api.update(leases, next)
    else await api.create(leases, next)
  }

  async function end(): Promise<void> {
    isEnded = true
    held = notHeld
    await releaseHubClaim(api, given.hubId)
  }

  function drop(): void {
    held = notHeld
  }

  // The monotonic clock stands still while the machine sleeps, the other may be put back: each is a witness of its own.
  const isHeld = () => env.clock.monotonic() < held.until && env.clock.now() < held.untilTime
  const mayWrite = () => isHeld() && past?.isRestored() !== true

  return { mayWrite, renew, drop, end }
}

const notHeld = { until: Number.NEGATIVE_INFINITY, untilTime: Number.NEGATIVE_INFINITY }

async function readLease(api: KubeApi): Promise<KubeObject | undefined> {
  try {
    return await api.get(leases, key)
  } catch (error) {
    if (isError(error, 'NotFound')) return undefined
    throw error
  }
}

function claimOf(lease: KubeObject): HubClaim | undefined {
  const hubId = lease.metadata.annotations?.[hubAnnotation]
  if (!hubId) return undefined
  const generation = Number(lease.metadata.annotations?.[generationAnnotation] ?? 0)
  return { hubId, generation, holder: textAt(lease, 'spec', 'holderIdentity') }
}

function leaseFor(own: HubClaim, mark: string | undefined, before: KubeObject | undefined, now: Date): KubeObject {
  const annotations = {
    ...before?.metadata.annotations,
    [hubAnnotation]: own.hubId,
    [generationAnnotation]: String(own.generation),
    ...(mark === undefined ? {} : { [pastAnnotation]: mark }),
  }
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { ...before?.metadata, ...key, annotations },
    spec: {
      holderIdentity: own.holder,
      leaseDurationSeconds: leaseTermMs / 1000,
      renewTime: now.toISOString().replace('Z', '000Z'),
    },
  }
}

function otherHub(claim: HubClaim): LeaseVerdict {
  const message = `Cannot write to the member: hub ${claim.hubId} manages it. Next: flotilla unjoin there, or join here with --take-over`
  return { kind: 'refused', reason: 'OtherHub', message }
}

const nextStep = 'Nothing is written to members before the hub is taken over. Next: flotilla takeover --dry-run'

function newerGeneration(claim: HubClaim, own: HubClaim): LeaseVerdict {
  const message = `Cannot write to the member: it was managed by generation ${claim.generation} of this hub, and this is ${own.generation}, restored from an older state. ${nextStep}`
  return { kind: 'refused', reason: 'NewerGeneration', message }
}

const restoredHub: LeaseVerdict = {
  kind: 'refused',
  reason: 'RestoredHub',
  message: `Cannot write to the member: a newer state of this hub did so before, and this one was restored from an older, or is a copy. ${nextStep}`,
}
