// Bindings for tests, with overrides.
import type { Preemption } from '@flotilla/api/preemption'
import type { BindingStatus, ResourceBinding } from '@flotilla/api/resource-binding'

interface Sketch {
  readonly priority?: number
  readonly mayPreempt?: boolean
  /** On cluster eu, all of them ready. */
  readonly replicas?: number
  readonly missing?: number
  readonly preemption?: Preemption
  readonly status?: BindingStatus
}

export const refOf = (name: string) => {
  return { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name, uid: `uid-${name}` }
}

export function aBinding(name: string, sketch: Sketch = {}): ResourceBinding {
  const { priority = 0, mayPreempt = false, replicas = 0, missing = 0, preemption } = sketch
  const explanation = { trigger: 'Test', inputHash: 'x', feasible: 1, rejected: {}, clusters: [] }
  const shortfall = { reason: 'PartiallyPlaced', message: '', missingReplicas: missing }
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name },
    spec: {
      workloads: [{ ref: refOf(name), components: [{ name: '', replicas: replicas + missing }] }],
      policy: { kind: 'PropagationPolicy', namespace: 'shop', name: 'p', uid: 'p' },
      schedulePriority: { priority, ...(mayPreempt ? { preemptionPolicy: 'PreemptLowerPriority' } : {}) },
      decision: {
        forHash: 'hash',
        clusters: [{ name: 'eu', id: 'id-eu', replicas }],
        explanation,
        ...(missing > 0 ? { shortfall } : {}),
      },
      ...(preemption ? { preemption } : {}),
    },
    status: sketch.status ?? {
      decisionHash: 'hash',
      clusters: [{ name: 'eu', state: 'Applied', health: 'Healthy', readyReplicas: replicas }],
    },
  }
}

/** `high` is to have 3 on eu, for which `low` gives up 3 of 5. */
export function aPreemption(overrides: Partial<Preemption> = {}): Preemption {
  return {
    cluster: 'eu',
    id: 'id-eu',
    replicas: 3,
    victims: [{ ref: refOf('low'), replicas: 3, left: 2 }],
    since: '2026-01-01T00:00:00Z',
    ...overrides,
  }
}
