// Columns of the kinds that run things.
import type { KubeObject } from '@flotilla/machinery/object'
import {
  ageColumn,
  ageOf,
  at,
  integer,
  listAt,
  nameColumn,
  numberAt,
  shortDuration,
  text,
  textAt,
  type Column,
} from './column.ts'
import { podReady, podRestarts, podStatus } from './pod-cells.ts'
import { showSelector } from './show-selector.ts'

const templateContainers = (object: KubeObject) => listAt(object, 'spec', 'template', 'spec', 'containers')
const names = (containers: readonly unknown[]) => containers.map((one) => textAt(one, 'name')).join(',')
const images = (containers: readonly unknown[]) => containers.map((one) => textAt(one, 'image')).join(',')
const containers = text('Containers', (object) => names(templateContainers(object)), 1)
const imagesColumn = text('Images', (object) => images(templateContainers(object)), 1)
const selector = text('Selector', (object) => showSelector(at(object, 'spec', 'selector')), 1)
const wideTemplate = [containers, imagesColumn, selector]
const none = (value: string) => (value === '' ? '<none>' : value)

const pods: readonly Column[] = [
  nameColumn,
  text('Ready', podReady),
  text('Status', podStatus),
  text('Restarts', podRestarts),
  ageColumn,
  text('IP', (pod) => none(textAt(pod, 'status', 'podIP')), 1),
  text('Node', (pod) => none(textAt(pod, 'spec', 'nodeName')), 1),
  text('Nominated Node', (pod) => none(textAt(pod, 'status', 'nominatedNodeName')), 1),
  text('Readiness Gates', readinessGates, 1),
]

function readinessGates(pod: KubeObject): string {
  const gates = listAt(pod, 'spec', 'readinessGates')
  if (gates.length === 0) return '<none>'
  const isTrue = (gate: unknown) =>
    listAt(pod, 'status', 'conditions').some(
      (condition) => at(condition, 'type') === at(gate, 'conditionType') && at(condition, 'status') === 'True',
    )
  return `${gates.filter(isTrue).length}/${gates.length}`
}

const deployments: readonly Column[] = [
  nameColumn,
  text('Ready', (one) => `${numberAt(one, 'status', 'readyReplicas')}/${numberAt(one, 'spec', 'replicas')}`),
  text('Up-to-date', (one) => numberAt(one, 'status', 'updatedReplicas')),
  text('Available', (one) => numberAt(one, 'status', 'availableReplicas')),
  ageColumn,
  ...wideTemplate,
]

const replicaSets: readonly Column[] = [
  nameColumn,
  integer('Desired', (one) => numberAt(one, 'spec', 'replicas')),
  integer('Current', (one) => numberAt(one, 'status', 'replicas')),
  integer('Ready', (one) => numberAt(one, 'status', 'readyReplicas')),
  ageColumn,
  ...wideTemplate,
]

const statefulSets: readonly Column[] = [
  nameColumn,
  text('Ready', (one) => `${numberAt(one, 'status', 'readyReplicas')}/${numberAt(one, 'spec', 'replicas')}`),
  ageColumn,
  containers,
  imagesColumn,
]

const daemonSets: readonly Column[] = [
  nameColumn,
  integer('Desired', (one) => numberAt(one, 'status', 'desiredNumberScheduled')),
  integer('Current', (one) => numberAt(one, 'status', 'currentNumberScheduled')),
  integer('Ready', (one) => numberAt(one, 'status', 'numberReady')),
  integer('Up-to-date', (one) => numberAt(one, 'status', 'updatedNumberScheduled')),
  integer('Available', (one) => numberAt(one, 'status', 'numberAvailable')),
  text('Node Selector', (one) => showSelector(at(one, 'spec', 'template', 'spec', 'nodeSelector'))),
  ageColumn,
  ...wideTemplate,
]

const jobs: readonly Column[] = [
  nameColumn,
  text('Status', jobStatus),
  text('Completions', jobCompletions),
  text('Duration', (job, { now }) => jobDuration(job, now)),
  ageColumn,
  ...wideTemplate,
]

function jobStatus(job: KubeObject): string {
  const holds = (type: string) =>
    listAt(job, 'status', 'conditions').some((one) => at(one, 'type') === type && at(one, 'status') === 'True')
  if (holds('Complete')) return 'Complete'
  if (holds('Failed')) return 'Failed'
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (holds('Suspended')) return 'Suspended'
  if (holds('FailureTarget')) return 'FailureTarget'
  return holds('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running'
}

function jobCompletions(job: KubeObject): string {
  const succeeded = numberAt(job, 'status', 'succeeded')
  if (at(job, 'spec', 'completions') !== undefined) return `${succeeded}/${numberAt(job, 'spec', 'completions')}`
  const parallelism = numberAt(job, 'spec', 'parallelism')
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

function jobDuration(job: KubeObject, now: number): string {
  const started = textAt(job, 'status', 'startTime')
  if (started === '') return ''
  const completed = textAt(job, 'status', 'completionTime')
  return shortDuration((completed === '' ? now : Date.parse(completed)) - Date.parse(started))
}

const cronContainers = (one: KubeObject) => listAt(one, 'spec', 'jobTemplate', 'spec', 'template', 'spec', 'containers')

const cronJobs: readonly Column[] = [
  nameColumn,
  text('Schedule', (one) => textAt(one, 'spec', 'schedule')),
  text('Timezone', (one) => none(textAt(one, 'spec', 'timeZone'))),
  { ...text('Suspend', (one) => (at(one, 'spec', 'suspend') === true ? 'True' : 'False')), type: 'boolean' },
  integer('Active', (one) => listAt(one, 'status', 'active').length),
  text('Last Schedule', (one, { now }) => {
    const last = textAt(one, 'status', 'lastScheduleTime')
    return last === '' ? '<none>' : ageOf(last, now)
  }),
  ageColumn,
  text('Containers', (one) => names(cronContainers(one)), 1),
  text('Images', (one) => images(cronContainers(one)), 1),
  text('Selector', (one) => showSelector(at(one, 'spec', 'jobTemplate', 'spec', 'selector')), 1),
]

export const workloadColumns: Readonly<Record<string, readonly Column[]>> = {
  pods,
  replicationcontrollers: replicaSets,
  'deployments.apps': deployments,
  'replicasets.apps': replicaSets,
  'statefulsets.apps': statefulSets,
  'daemonsets.apps': daemonSets,
  'jobs.batch': jobs,
  'cronjobs.batch': cronJobs,
  'controllerrevisions.apps': [
    nameColumn,
    text('Controller', controllerOf),
    text('Revision', (one) => numberAt(one, 'revision')),
    ageColumn,
  ],
}

function controllerOf({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true)
  if (owner === undefined) return '<none>'
  const [group = ''] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/', 1) : ['']
  const kind = owner.kind.toLowerCase()
  return `${group === '' ? kind : `${kind}.${group}`}/${owner.name}`
}
