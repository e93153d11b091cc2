// The built-in kinds, as far as the simulated controllers read and write them.
import type { KubeObject } from '@flotilla/machinery/object'
import type { LabelSelectorObject } from '@flotilla/machinery/selector'

export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
  readonly lastUpdateTime?: string
}

export interface Taint {
  readonly key: string
  readonly value?: string
  readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute'
}

export interface Toleration {
  readonly key?: string
  readonly operator?: 'Exists' | 'Equal'
  readonly value?: string
  readonly effect?: string
}

export type ResourceAmounts = Readonly<Record<string, string>>

export interface Node extends KubeObject {
  readonly spec?: { readonly taints?: readonly Taint[]; readonly unschedulable?: boolean }
  readonly status?: {
    readonly allocatable?: ResourceAmounts
    readonly capacity?: ResourceAmounts
    readonly conditions?: readonly Condition[]
    readonly addresses?: readonly { readonly type: string; readonly address: string }[]
  }
}

export interface Container {
  readonly name: string
  readonly image?: string
  readonly resources?: { readonly requests?: ResourceAmounts; readonly limits?: ResourceAmounts }
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[]
  /** `Always` makes an init container a sidecar. */
  readonly restartPolicy?: string
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: LabelSelectorObject['matchExpressions']
}

export interface PodSpec {
  readonly containers: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly nodeName?: string
  readonly nodeSelector?: Readonly<Record<string, string>>
  readonly tolerations?: readonly Toleration[]
  readonly overhead?: ResourceAmounts
  readonly restartPolicy?: 'Always' | 'OnFailure' | 'Never'
  readonly schedulerName?: string
  readonly terminationGracePeriodSeconds?: number
  readonly hostNetwork?: boolean
  readonly volumes?: readonly {
    readonly name: string
    readonly persistentVolumeClaim?: { readonly claimName: string }
  }[]
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: {
        readonly nodeSelectorTerms: readonly NodeSelectorTerm[]
      }
    }
  }
}

export interface ContainerStatus {
  readonly name: string
  readonly image: string
  readonly imageID: string
  readonly containerID: string
  readonly ready: boolean
  readonly started: boolean
  readonly restartCount: number
  readonly state: Readonly<Record<string, unknown>>
}

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

export interface PodStatus {
  readonly phase?: PodPhase
  readonly conditions?: readonly Condition[]
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly hostIP?: string
  readonly startTime?: string
  readonly observedGeneration?: number
  readonly containerStatuses?: readonly ContainerStatus[]
}

export interface Pod extends KubeObject {
  readonly spec: PodSpec
  readonly status?: PodStatus
}

export interface PodTemplate {
  readonly metadata?: {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec: PodSpec
}

export type IntOrPercent = number | string

export interface Deployment extends KubeObject {
  readonly spec: {
    readonly replicas?: number
    readonly selector: LabelSelectorObject
    readonly template: PodTemplate
    readonly paused?: boolean
    readonly minReadySeconds?: number
    readonly progressDeadlineSeconds?: number
    readonly revisionHistoryLimit?: number
    readonly strategy?: {
      readonly type?: 'RollingUpdate' | 'Recreate'
      readonly rollingUpdate?: { readonly maxSurge?: IntOrPercent; readonly maxUnavailable?: IntOrPercent }
    }
  }
  readonly status?: DeploymentStatus
}

export interface DeploymentStatus {
  readonly observedGeneration?: number
  readonly replicas?: number
  readonly updatedReplicas?: number
  readonly readyReplicas?: number
  readonly availableReplicas?: number
  readonly unavailableReplicas?: number
  readonly collisionCount?: number
  readonly conditions?: readonly Condition[]
}

export interface ReplicaSet extends KubeObject {
  readonly spec: {
    readonly replicas?: number
    readonly minReadySeconds?: number
    readonly selector: LabelSelectorObject
    readonly template: PodTemplate
  }
  readonly status?: {
    readonly replicas?: number
    readonly fullyLabeledReplicas?: number
    readonly readyReplicas?: number
    readonly availableReplicas?: number
    readonly observedGeneration?: number
  }
}

export interface StatefulSet extends KubeObject {
  readonly spec: {
    readonly replicas?: number
    readonly serviceName?: string
    readonly minReadySeconds?: number
    readonly selector: LabelSelectorObject
    readonly template: PodTemplate
    readonly podManagementPolicy?: 'OrderedReady' | 'Parallel'
    readonly updateStrategy?: {
      readonly type?: 'RollingUpdate' | 'OnDelete'
      readonly rollingUpdate?: { readonly partition?: number }
    }
    readonly volumeClaimTemplates?: readonly KubeObject[]
    readonly ordinals?: { readonly start?: number }
  }
  readonly status?: { readonly currentRevision?: string } & Readonly<Record<string, unknown>>
}

export interface DaemonSet extends KubeObject {
  readonly spec: {
    readonly selector: LabelSelectorObject
    readonly minReadySeconds?: number
    readonly template: PodTemplate
    readonly updateStrategy?: {
      readonly type?: 'RollingUpdate' | 'OnDelete'
      readonly rollingUpdate?: { readonly maxUnavailable?: IntOrPercent }
    }
  }
  readonly status?: Readonly<Record<string, unknown>>
}

export interface Job extends KubeObject {
  readonly spec: {
    readonly parallelism?: number
    readonly completions?: number
    readonly backoffLimit?: number
    readonly activeDeadlineSeconds?: number
    readonly ttlSecondsAfterFinished?: number
    readonly suspend?: boolean
    readonly template: PodTemplate
  }
  readonly status?: JobStatus
}

export interface JobStatus {
  readonly active?: number
  readonly ready?: number
  readonly terminating?: number
  readonly succeeded?: number
  readonly failed?: number
  readonly startTime?: string
  readonly completionTime?: string
  readonly conditions?: readonly Condition[]
}

export interface CronJob extends KubeObject {
  readonly spec: {
    readonly schedule: string
    readonly suspend?: boolean
    readonly concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace'
    readonly successfulJobsHistoryLimit?: number
    readonly failedJobsHistoryLimit?: number
    readonly jobTemplate: {
      readonly metadata?: PodTemplate['metadata']
      readonly spec: Job['spec']
    }
  }
  readonly status?: {
    readonly lastScheduleTime?: string
    readonly lastSuccessfulTime?: string
    readonly active?: readonly Readonly<Record<string, unknown>>[]
  }
}

export interface Service extends KubeObject {
  readonly spec: {
    readonly selector?: Readonly<Record<string, string>>
    readonly type?: string
    readonly publishNotReadyAddresses?: boolean
    readonly ports?: readonly {
      readonly name?: string
      readonly port: number
      readonly protocol?: string
      readonly appProtocol?: string
      readonly targetPort?: number | string
    }[]
  }
}

export interface PersistentVolumeClaim extends KubeObject {
  readonly spec: {
    readonly accessModes?: readonly string[]
    readonly resources?: { readonly requests?: ResourceAmounts }
  }
  readonly status?: { readonly phase?: string }
}
