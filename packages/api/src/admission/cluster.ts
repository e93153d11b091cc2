// Rules for Cluster.
import type { StatusCause } from '@flotilla/machinery/errors'
import { fieldForbidden, fieldInvalid, fieldRequired } from '@flotilla/machinery/field-error'
import { checkDns1123Label, checkDns1123Subdomain, checkLabelKey, checkLabelValue } from '@flotilla/machinery/names'
import type { Cluster, ClusterSpec } from '../cluster.ts'
import { systemNamespace } from '../group.ts'
import type { Taint } from '../selector.ts'
import { checkEndpoint } from './endpoint.ts'
import { type Rule, each, invalid, notActedOn } from './rule.ts'

export const checkCluster: Rule<Cluster> = ({ metadata, spec }, old, { allowLoopbackEndpoints = false }) => [
  ...invalid('metadata.name', metadata.name, checkDns1123Label(metadata.name)),
  ...checkId(spec.id, old?.spec.id),
  ...notActedOn('spec.mode', spec.mode === 'Tunnel'),
  ...checkConnection(spec, allowLoopbackEndpoints),
  ...each('spec.taints', spec.taints, checkTaint),
]

function checkId(id: string, before: string | undefined): readonly StatusCause[] {
  if (before !== undefined && before !== id) {
    return [
      fieldInvalid(
        'spec.id',
        id,
        `is the identity of the member and cannot change (it is ${before}): run flotilla unjoin and join the other one`,
      ),
    ]
  }
  const isId = /^[A-Za-z0-9]([-A-Za-z0-9._]*[A-Za-z0-9])?$/.test(id)
  return isId
    ? []
    : [fieldInvalid('spec.id', id, "must be the UID of the member's kube-system namespace: flotilla join reads it")]
}

function checkConnection(
  { mode, apiEndpoint, secretRef }: ClusterSpec,
  allowLoopback: boolean,
): readonly StatusCause[] {
  const isDirect = mode !== 'Tunnel'
  const needed = 'mode Direct needs it: flotilla join sets it'
  return [
    ...(isDirect && apiEndpoint === undefined ? [fieldRequired('spec.apiEndpoint', needed)] : []),
    ...(isDirect && secretRef === undefined ? [fieldRequired('spec.secretRef', needed)] : []),
    ...(apiEndpoint === undefined
      ? []
      : invalid('spec.apiEndpoint', withoutUser(apiEndpoint), checkEndpoint(apiEndpoint, allowLoopback))),
    ...(secretRef === undefined ? [] : checkSecretRef(secretRef)),
  ]
}

/** A refused password does not appear in the refusal. */
function withoutUser(endpoint: string): string {
  return endpoint.replace(/\/\/[^/]*@/, '//…@')
}

function checkSecretRef({ name, namespace }: NonNullable<ClusterSpec['secretRef']>): readonly StatusCause[] {
  const isElsewhere = namespace !== undefined && namespace !== systemNamespace
  return [
    ...invalid('spec.secretRef.name', name, checkDns1123Subdomain(name)),
    ...(isElsewhere
      ? [
          fieldForbidden(
            'spec.secretRef.namespace',
            `credentials are only read from ${systemNamespace}: keep the Secret there and leave this out`,
          ),
        ]
      : []),
  ]
}

function checkTaint({ key, value = '', effect }: Taint, field: string): readonly StatusCause[] {
  return [
    ...invalid(`${field}.key`, key, checkLabelKey(key)),
    ...invalid(`${field}.value`, value, checkLabelValue(value)),
    ...notActedOn(`${field}.effect`, effect === 'PreferNoSchedule'),
  ]
}
