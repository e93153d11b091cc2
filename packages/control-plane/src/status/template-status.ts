// Folds a template's copies on all clusters into its own status, so that the hub tells the truth about all of them.
// Pure.
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, dictAt, type Dict } from '@flotilla/machinery/untyped'
import { timestamp } from '@flotilla/runtime/timestamp'
import { RuleFailure } from '../interpreter/rule-failure.ts'
import type { RuleLookup } from '../interpreter/rule-book.ts'
import { isFinishedStatus, type Row } from '../members/row.ts'
import { kindIdOf, type KindId } from '../object-id.ts'

/** A copy that shall be there: without a row it has not been seen yet. */
export interface Copy {
  readonly cluster: string
  readonly isReachable: boolean
  readonly row: Row | undefined
}

interface Folding {
  readonly template: KubeObject
  readonly copies: readonly Copy[]
  /** Of those that answer: what is aged is never told as current. */
  readonly current: readonly { readonly cluster: string; readonly status: Dict }[]
  /** Of all that were seen. */
  readonly known: readonly Dict[]
  readonly now: number
}

type Fold = (folding: Folding) => Dict

/** The status of `template`, or undefined where it is not to be written: nobody knows how, or a rule fails. */
export function templateStatus(
  template: KubeObject,
  copies: readonly Copy[],
  now: number,
  rules: RuleLookup,
): Dict | undefined {
  const fold = folds[kindIdOf(template)]
  if (fold === undefined) return foldByRule(template, copies, rules)
  const current = copies.flatMap(({ cluster, isReachable, row }) =>
    isReachable && row ? [{ cluster, status: row.status }] : [],
  )
  const known = copies.flatMap(({ row }) => (row ? [row.status] : []))
  return fold({ template, copies, current, known, now })
}

/** What one copy does not tell is in no sum. */
function foldByRule(template: KubeObject, copies: readonly Copy[], rules: RuleLookup): Dict | undefined {
  if (copies.some(({ row }) => row?.isStatusKnown === false)) return undefined
  try {
    return aggregateByRule(template, copies, rules)
  } catch (error) {
    if (error instanceof RuleFailure) return undefined
    throw error
  }
}

/** Undefined where no rule tells. Throws RuleFailure. */
export function aggregateByRule(template: KubeObject, copies: readonly Copy[], rules: RuleLookup): Dict | undefined {
  const facts = copies.map(({ cluster, isReachable, row }) => ({
    cluster,
    status: row?.status ?? {},
    health: isReachable ? (row?.health.state ?? 'Unknown') : 'Unknown',
    reachable: isReachable,
    observed: isReachable && hasSeen(template, row),
  }))
  return rules.rulesFor(template)?.aggregation(template, facts)
}

/** The member's own controller has observed the generation of the template. */
function hasSeen({ metadata }: KubeObject, row: Row | undefined): boolean {
  return row?.isObserved === true && (row.templateGeneration ?? 0) >= (metadata.generation ?? 0)
}

const folds: Readonly<Record<KindId, Fold>> = {
  'apps/Deployment': (folding) => ({
    ...observedGeneration(folding),
    ...sumOfKnown(folding, ['replicas', 'unavailableReplicas']),
    ...sums(folding, ['updatedReplicas', 'readyReplicas', 'availableReplicas']),
    ...conditions(folding, ['Available', 'Progressing', 'ReplicaFailure']),
  }),
  'apps/StatefulSet': (folding) => ({
    ...observedGeneration(folding),
    replicas: 0,
    ...sumOfKnown(folding, ['replicas']),
    ...sums(folding, ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas']),
    ...revisions(folding),
  }),
  'apps/DaemonSet': (folding) => ({
    ...observedGeneration(folding),
    // Required by the API even where they are 0.
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
    ...sumOfKnown(folding, ['desiredNumberScheduled', 'currentNumberScheduled', 'numberMisscheduled']),
    ...sums(folding, ['numberReady', 'updatedNumberScheduled', 'numberAvailable', 'numberUnavailable']),
  }),
  'apps/ReplicaSet': (folding) => ({
    ...observedGeneration(folding),
    replicas: 0,
    ...sumOfKnown(folding, ['replicas', 'fullyLabeledReplicas']),
    ...sums(folding, ['readyReplicas', 'availableReplicas']),
  }),
  'batch/Job': foldJob,
  'batch/CronJob': ({ known }) => ({
    ...latest(known, 'lastScheduleTime'),
    ...latest(known, 'lastSuccessfulTime'),
  }),
  '/Service': foldAddresses,
  'networking.k8s.io/Ingress': foldAddresses,
  '/PersistentVolumeClaim': foldClaim,
  'policy/PodDisruptionBudget': (folding) => ({
    ...observedGeneration(folding),
    disruptionsAllowed: 0,
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    ...sums(folding, ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']),
  }),
  'autoscaling/HorizontalPodAutoscaler': (folding) => ({
    ...observedGeneration(folding),
    currentReplicas: 0,
    desiredReplicas: 0,
    ...sums(folding, ['currentReplicas', 'desiredReplicas']),
    ...latest(folding.known, 'lastScaleTime'),
    ...conditions(folding, ['AbleToScale', 'ScalingActive', 'ScalingLimited']),
  }),
}

/**
 * Advances only when every target has applied this generation and its own controller has observed it: so
 * `kubectl rollout status` on the hub waits for all of them.
 */
function observedGeneration({ template, copies }: Folding): Dict {
  const { generation } = template.metadata
  const before = dictAt(template, 'status')['observedGeneration']
  const isObserved =
    generation !== undefined &&
    copies.length > 0 &&
    copies.every(({ isReachable, row }) => isReachable && hasSeen(template, row))
  const observed = isObserved ? generation : before
  return observed === undefined ? {} : { observedGeneration: observed }
}

/** Counts of copies that answer; what is 0 is left out, as Kubernetes does. */
function sums({ current }: Folding, fields: readonly string[]): Dict {
  return sumFields(
    current.map(({ status }) => status),
    fields,
  )
}

/** Counts that stay true while a member is away. */
function sumOfKnown({ known }: Folding, fields: readonly string[]): Dict {
  return sumFields(known, fields)
}

function sumFields(statuses: readonly Dict[], fields: readonly string[]): Dict {
  const entries = fields.map((field) => [field, statuses.reduce((sum, status) => sum + count(status[field]), 0)])
  return Object.fromEntries(entries.filter(([, sum]) => sum !== 0))
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

/** True only where it is true on every cluster; the first other one says why. */
function conditions({ template, current, now }: Folding, types: readonly string[]): Dict {
  const before = asDicts(dictAt(template, 'status')['conditions'])
  const folded = types.flatMap((type) => {
    const found = current.flatMap(({ cluster, status }) => {
      const condition = asDicts(status['conditions']).find((one) => one['type'] === type)
      return condition ? [{ cluster, condition }] : []
    })
    const telling = found.find(({ condition }) => condition['status'] !== 'True') ?? found[0]
    if (!telling) return []
    const { status, reason = '', message = '' } = telling.condition
    const isFault = status !== 'True' || type === 'ReplicaFailure'
    const next = { type, status, reason, message: isFault ? `${telling.cluster}: ${text(message)}` : '' }
    return [
      withTimes(
        next,
        before.find((one) => one['type'] === type),
        now,
        template,
      ),
    ]
  })
  return folded.length > 0 ? { conditions: folded } : {}
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function withTimes(next: Dict, before: Dict | undefined, now: number, template: KubeObject): Dict {
  const old = before?.['status'] === next['status'] ? before : undefined
  const at = timestamp(now)
  const lastTransitionTime = old?.['lastTransitionTime'] ?? at
  if (kindIdOf(template) !== 'apps/Deployment') return { ...next, lastTransitionTime }
  const isUnchanged = old?.['reason'] === next['reason'] && old?.['message'] === next['message']
  return { ...next, lastTransitionTime, lastUpdateTime: (isUnchanged && old?.['lastUpdateTime']) || at }
}

/** Equal on the hub when they are on every cluster: that is how a rollout is seen to be over. */
function revisions({ current }: Folding): Dict {
  const rolling = current.find(({ status }) => status['currentRevision'] !== status['updateRevision'])
  const { currentRevision, updateRevision } = rolling?.status ?? current[0]?.status ?? {}
  return updateRevision === undefined ? {} : { currentRevision: currentRevision ?? updateRevision, updateRevision }
}

/** Complete when every copy is, failed when one is. */
function foldJob({ template, copies, known, now }: Folding): Dict {
  // What has run to its end stays so, though its copies are cleaned up.
  const status = dictAt(template, 'status')
  if (isFinishedStatus(status)) return status
  const startTime = earliest(known, 'startTime')
  const counts = sumFields(known, ['active', 'ready', 'succeeded', 'failed', 'terminating'])
  const failed = known.flatMap(({ conditions: list }) =>
    asDicts(list).filter((one) => one['type'] === 'Failed' && one['status'] === 'True'),
  )[0]
  const completed = known.filter((one) =>
    asDicts(one['conditions']).some(({ type, status: holds }) => type === 'Complete' && holds === 'True'),
  )
  const isComplete = copies.length > 0 && completed.length === copies.length
  const base = { ...counts, ...startTime }
  const isIdle = counts['active'] === undefined && counts['terminating'] === undefined
  const before = asDicts(status['conditions'])
  const condition = (type: string, reason: unknown, message: unknown) => {
    const old = before.find((one) => one['type'] === type)
    const at = old?.['status'] === 'True' ? old['lastTransitionTime'] : timestamp(now)
    return { type, status: 'True', reason, message, lastTransitionTime: at, lastProbeTime: at }
  }
  if (isComplete) {
    const types = ['SuccessCriteriaMet', 'Complete']
    const done = types.map((type) => condition(type, 'CompletionsReached', 'Complete on every cluster'))
    return { ...base, ...latest(known, 'completionTime'), conditions: done }
  }
  if (!failed || !isIdle) return base
  const reasons = [failed['reason'] ?? 'Failed', failed['message'] ?? ''] as const
  return { ...base, conditions: ['FailureTarget', 'Failed'].map((type) => condition(type, ...reasons)) }
}

function foldAddresses({ current }: Folding): Dict {
  const addresses = current.flatMap(({ status }) => asDicts(dictAt(status, 'loadBalancer')['ingress']))
  const unique = [...new Map(addresses.map((address) => [JSON.stringify(address), address])).values()]
  return unique.length > 0 ? { loadBalancer: { ingress: unique } } : { loadBalancer: {} }
}

function foldClaim({ copies, known }: Folding): Dict {
  const phases = known.map((status) => status['phase'])
  if (phases.includes('Lost')) return { phase: 'Lost' }
  const isBound = copies.length > 0 && phases.length === copies.length && phases.every((phase) => phase === 'Bound')
  return { phase: isBound ? 'Bound' : 'Pending' }
}

function latest(statuses: readonly Dict[], field: string): Dict {
  const times = timesOf(statuses, field)
  return times.length > 0 ? { [field]: times.at(-1) } : {}
}

function earliest(statuses: readonly Dict[], field: string): Dict {
  const [first] = timesOf(statuses, field)
  return first === undefined ? {} : { [field]: first }
}

/** RFC 3339 in UTC, in which the order of texts is that of times. */
function timesOf(statuses: readonly Dict[], field: string): readonly string[] {
  return statuses.flatMap((status) => (typeof status[field] === 'string' ? [status[field]] : [])).sort()
}
