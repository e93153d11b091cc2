// Defaults that an API server fills in by more than a field's place, which the schemas therefore do not tell.
import { deepEqual, getPath, setPath } from '@flotilla/machinery/json'
import type { KubeObject } from '@flotilla/machinery/object'
import { kindIdOf, type KindId } from '../object-id.ts'
import type { IsNamed } from './hub-only.ts'

type Default = readonly [path: string, ...values: readonly unknown[]]

const rolling = { type: 'RollingUpdate' }

const defaults: Readonly<Record<KindId, readonly Default[]>> = {
  'apps/Deployment': [['spec.strategy.rollingUpdate', { maxUnavailable: '25%', maxSurge: '25%' }]],
  'apps/DaemonSet': [['spec.updateStrategy.rollingUpdate', { maxUnavailable: 1, maxSurge: 0 }]],
  'apps/StatefulSet': [
    [
      'spec.updateStrategy',
      rolling,
      { ...rolling, rollingUpdate: { partition: 0 } },
      { ...rolling, rollingUpdate: { partition: 0, maxUnavailable: 1 } },
    ],
  ],
  'batch/Job': [
    ['spec.completionMode', 'NonIndexed'],
    ['spec.manualSelector', false],
    ['spec.podReplacementPolicy', 'TerminatingOrFailed'],
    ['spec.suspend', false],
    ['spec.backoffLimit', 6],
  ],
  '/Service': [['spec.internalTrafficPolicy', 'Cluster']],
}

/** `object` without those of its fields that nobody named and that hold such a default. */
export function withoutContextDefaults(object: KubeObject, isNamed: IsNamed): KubeObject {
  return (defaults[kindIdOf(object)] ?? []).reduce((kept, [dotted, ...values]) => {
    const path = dotted.split('.')
    const isDefault = !isNamed(path) && values.some((value) => deepEqual(value, getPath(kept, path)))
    return isDefault ? setPath(kept, path, undefined) : kept
  }, object)
}
