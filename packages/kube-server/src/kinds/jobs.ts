// Jobs and CronJobs: pods that run to their end.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldNotSupported, fieldRequired } from '@flotilla/machinery/field-error'
import { checkDns1123Subdomain } from '@flotilla/machinery/names'
import type { KubeObject } from '@flotilla/machinery/object'
import type { LabelSelectorObject, Labels } from '@flotilla/machinery/selector'
import { immutable, nonNegative, selectorMatchesTemplate } from './checks.ts'
import type { PodTemplate } from './pod-template.ts'
import { defaultPodTemplate, templateCauses } from './pod-template.ts'
import type { KindRules } from './rules.ts'

interface JobSpec {
  readonly completions?: number
  readonly parallelism?: number
  readonly backoffLimit?: number
  readonly backoffLimitPerIndex?: number
  readonly activeDeadlineSeconds?: number
  readonly ttlSecondsAfterFinished?: number
  readonly completionMode?: string
  readonly suspend?: boolean
  readonly manualSelector?: boolean
  readonly podReplacementPolicy?: string
  readonly podFailurePolicy?: object
  readonly managedBy?: string
  readonly successPolicy?: object
  readonly selector?: LabelSelectorObject
  readonly template?: PodTemplate
}

function specOf(object: KubeObject): JobSpec {
  return (object.spec ?? {}) as JobSpec
}

function defaultSpec(spec: JobSpec): JobSpec {
  const hasNeither = spec.completions === undefined && spec.parallelism === undefined
  const template = defaultPodTemplate(spec.template)
  return {
    ...spec,
    ...(hasNeither ? { completions: 1 } : {}),
    parallelism: spec.parallelism ?? 1,
    backoffLimit: spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : 2147483647),
    completionMode: spec.completionMode ?? 'NonIndexed',
    suspend: spec.suspend ?? false,
    manualSelector: spec.manualSelector ?? false,
    podReplacementPolicy: spec.podReplacementPolicy ?? (spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed'),
    ...(template === undefined ? {} : { template }),
  }
}

/** A selector of its own for each job, by its uid, unless its user manages selectors by hand. */
function withGeneratedSelector(object: KubeObject): KubeObject {
  const spec = specOf(object)
  if (spec.manualSelector) return object
  const { uid = '', name } = object.metadata
  const labels: Record<string, string> = {
    ...spec.template?.metadata?.labels,
    'controller-uid': uid,
    'job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
  }
  const template = { ...spec.template, metadata: { ...spec.template?.metadata, labels } }
  const matchLabels = { ...spec.selector?.matchLabels, 'batch.kubernetes.io/controller-uid': uid }
  const labelled = withTemplateLabels(object, labels)
  return { ...labelled, spec: { ...spec, selector: { ...spec.selector, matchLabels }, template } }
}

function withTemplateLabels(object: KubeObject, labels: Labels | undefined): KubeObject {
  const isLabelled = Object.keys(object.metadata.labels ?? {}).length > 0
  if (isLabelled || labels === undefined) return object
  return { ...object, metadata: { ...object.metadata, labels } }
}

function jobSpecCauses(spec: JobSpec, field: string): StatusCause[] {
  const isIndexed = spec.completionMode === 'Indexed'
  const causes = [
    ...nonNegative(spec.parallelism, `${field}.parallelism`),
    ...nonNegative(spec.completions, `${field}.completions`),
    ...nonNegative(spec.activeDeadlineSeconds, `${field}.activeDeadlineSeconds`),
    ...nonNegative(spec.backoffLimit, `${field}.backoffLimit`),
    ...nonNegative(spec.ttlSecondsAfterFinished, `${field}.ttlSecondsAfterFinished`),
    ...nonNegative(spec.backoffLimitPerIndex, `${field}.backoffLimitPerIndex`),
  ]
  if (isIndexed && spec.completions === undefined) {
    causes.push(fieldRequired(`${field}.completions`, 'when completion mode is Indexed'))
  }
  if (!isIndexed && spec.backoffLimitPerIndex !== undefined) {
    const at = `${field}.backoffLimitPerIndex`
    causes.push(fieldInvalid(at, spec.backoffLimitPerIndex, 'requires indexed completion mode'))
  }
  causes.push(...templateCauses(spec.template, `${field}.template`), ...restartCauses(spec, `${field}.template.spec`))
  return causes
}

function restartCauses({ template }: JobSpec, field: string): StatusCause[] {
  const policy = template?.spec?.restartPolicy ?? ''
  const at = `${field}.restartPolicy`
  if (policy === '' || policy === 'Always') return [fieldRequired(at, 'valid values: "OnFailure", "Never"')]
  return policy === 'OnFailure' || policy === 'Never' ? [] : [fieldNotSupported(at, policy, ['OnFailure', 'Never'])]
}

export const jobs: KindRules = {
  hasGeneration: true,
  orphansByDefault: true,
  defaults(object) {
    const labels = specOf(object).template?.metadata?.labels
    return withTemplateLabels({ ...object, spec: defaultSpec(specOf(object)) }, labels)
  },
  prepareForCreate: withGeneratedSelector,
  validate(object) {
    const spec = specOf(object)
    const causes = jobSpecCauses(spec, 'spec')
    if (spec.selector === undefined) causes.push(fieldRequired('spec.selector'))
    return [...causes, ...selectorMatchesTemplate(spec.selector, spec.template?.metadata?.labels)]
  },
  validateUpdate(object, before) {
    const [next, last] = [specOf(object), specOf(before)]
    const isElastic = next.completionMode === 'Indexed' && next.completions === next.parallelism
    const isStartable = last.suspend === true && !(before.status as { startTime?: string } | undefined)?.startTime
    return [
      ...(isElastic ? [] : immutable(next.completions, last.completions, 'spec.completions')),
      ...immutable(next.selector, last.selector, 'spec.selector'),
      ...(isStartable ? [] : immutable(next.template, last.template, 'spec.template')),
      ...immutable(next.completionMode, last.completionMode, 'spec.completionMode'),
      ...immutable(next.podFailurePolicy, last.podFailurePolicy, 'spec.podFailurePolicy'),
      ...immutable(next.backoffLimitPerIndex, last.backoffLimitPerIndex, 'spec.backoffLimitPerIndex'),
      ...immutable(next.managedBy, last.managedBy, 'spec.managedBy'),
      ...immutable(next.successPolicy, last.successPolicy, 'spec.successPolicy'),
    ]
  },
  selectableFields: {
    'status.successful': (object) => String((object.status as { succeeded?: number } | undefined)?.succeeded ?? 0),
  },
}

interface CronJobSpec {
  readonly schedule?: string
  readonly timeZone?: string
  readonly startingDeadlineSeconds?: number
  readonly successfulJobsHistoryLimit?: number
  readonly failedJobsHistoryLimit?: number
  readonly jobTemplate?: { readonly spec?: JobSpec }
}

function cronSpecOf(object: KubeObject): CronJobSpec {
  return (object.spec ?? {}) as CronJobSpec
}

export const cronJobs: KindRules = {
  hasGeneration: true,
  checkName: (name) =>
    name.length > 52
      ? [...checkDns1123Subdomain(name), 'must be no more than 52 characters']
      : checkDns1123Subdomain(name),
  defaults(object) {
    const { jobTemplate, ...spec } = cronSpecOf(object)
    const template = defaultPodTemplate(jobTemplate?.spec?.template)
    if (template === undefined) return object
    return { ...object, spec: { ...spec, jobTemplate: { ...jobTemplate, spec: { ...jobTemplate?.spec, template } } } }
  },
  validate(object) {
    const spec = cronSpecOf(object)
    const jobSpec = spec.jobTemplate?.spec ?? {}
    const causes = spec.schedule ? scheduleCauses(spec.schedule) : [fieldRequired('spec.schedule')]
    if (jobSpec.manualSelector) {
      causes.push(fieldNotSupported('spec.jobTemplate.spec.manualSelector', true, ['nil', 'false']))
    }
    if (jobSpec.selector !== undefined) {
      causes.push(fieldForbidden('spec.jobTemplate.spec.selector', '`selector` will be auto-generated'))
    }
    return [
      ...causes,
      ...nonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'),
      ...jobSpecCauses(jobSpec, 'spec.jobTemplate.spec'),
      ...nonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'),
      ...nonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'),
    ]
  },
}

const macros = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']

function scheduleCauses(schedule: string): StatusCause[] {
  if (macros.includes(schedule) || /^@every \S+$/.test(schedule)) return []
  if (schedule.includes('TZ')) {
    const why = 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'
    return [fieldInvalid('spec.schedule', schedule, why)]
  }
  const parts = schedule.trim().split(/\s+/)
  if (parts.length === 5) return []
  return [
    fieldInvalid('spec.schedule', schedule, `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`),
  ]
}
