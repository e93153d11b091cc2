// Flink: job managers and task managers, in Flink's own units of memory.
// https://nightlies.apache.org/flink/flink-kubernetes-operator-docs-stable/docs/custom-resource/reference
import { asDicts, dictAt, valueAt, type Dict } from '@flotilla/machinery/untyped'
import { count, podTemplate, type PodSet, type PodTemplate } from './pod-set.ts'

export function readFlinkDeployment(spec: Dict): readonly PodSet[] {
  const [jobManager, taskManager] = [dictAt(spec, 'jobManager'), dictAt(spec, 'taskManager')]
  return [
    { name: 'jobmanager', replicas: Math.max(1, count(jobManager['replicas'], 1)), pod: podOf(spec, jobManager) },
    { name: 'taskmanager', replicas: taskManagersOf(spec, taskManager), pod: podOf(spec, taskManager) },
  ]
}

/** As many as are named, or as the slots of the job need. A session cluster starts them when a job asks. */
function taskManagersOf(spec: Dict, taskManager: Dict): number {
  if (taskManager['replicas'] !== undefined) return count(taskManager['replicas'], 0)
  if (spec['job'] === undefined) return 0
  const slots = Number(valueAt(spec, 'flinkConfiguration', 'taskmanager.numberOfTaskSlots') ?? 1)
  const parallelism = Math.max(1, count(valueAt(spec, 'job', 'parallelism'), 1))
  return Math.ceil(parallelism / (slots >= 1 ? slots : 1))
}

/** The manager's own template goes before the one for both; the resources of the manager before either. */
function podOf(spec: Dict, manager: Dict): PodTemplate {
  const [common, own] = [podTemplate(spec['podTemplate']), podTemplate(manager['podTemplate'])]
  const merged = { ...common.spec, ...own.spec }
  const [main = {}, ...sidecars] = mainFirst(asDicts(merged['containers']))
  const resources = { requests: { ...requestsOf(main), ...resourcesOf(dictAt(manager, 'resource')) } }
  return {
    labels: { ...common.labels, ...own.labels },
    spec: { ...merged, containers: [{ ...main, resources }, ...sidecars] },
  }
}

const mainContainer = 'flink-main-container'

/** A pod template without the main container only adds others to it. */
function mainFirst(containers: readonly Dict[]): readonly Dict[] {
  const isMain = (container: Dict) => container['name'] === mainContainer
  return [containers.find(isMain) ?? {}, ...containers.filter((container) => !isMain(container))]
}

function requestsOf(container: Dict): Dict {
  return dictAt(container, 'resources', 'requests')
}

function resourcesOf({ cpu, memory, ephemeralStorage }: Dict): Dict {
  const storage = toKibibytes(ephemeralStorage)
  const bytes = toKibibytes(memory)
  return {
    cpu: String(typeof cpu === 'number' && cpu > 0 && Number.isFinite(cpu) ? cpu : 1),
    ...(bytes === undefined ? {} : { memory: bytes }),
    ...(storage === undefined ? {} : { 'ephemeral-storage': storage }),
  }
}

/** Powers of 1024: what Flink calls `m` is a mebibyte. */
const units: Readonly<Record<string, number>> = { b: 0, k: 1, m: 2, g: 3, t: 4 }

/** `2048m`, `2 gb`, `2Gi` or bytes as a quantity of Kubernetes; undefined for what is none of these. */
export function toKibibytes(memory: unknown): string | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([bkmgt])[a-z]*)?$/.exec(
    String(memory ?? '')
      .trim()
      .toLowerCase(),
  )
  const power = units[match?.[2] ?? 'b']
  if (!match || power === undefined) return undefined
  return `${Math.ceil(Number(match[1]) * 1024 ** (power - 1))}Ki`
}
