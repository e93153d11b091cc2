// What Go's decoder says of values that a kind cannot hold.
import { builtinKindSchema } from '@flotilla/machinery/builtin-kinds'
import { describe, expect, test } from 'vitest'
import { wrongType } from './wrong-types.ts'

const deployment = 'io.k8s.api.apps.v1.Deployment'
const secret = 'io.k8s.api.core.v1.Secret'
const withContainer = (container: object) => ({ spec: { template: { spec: { containers: [container] } } } })

describe('wrongType()', () => {
  test.each([
    { kind: deployment, given: { spec: { replicas: 3, template: null } }, want: undefined },
    {
      kind: deployment,
      given: { spec: 1 },
      want: 'number into Go struct field Deployment.spec of type v1.DeploymentSpec',
    },
    {
      kind: deployment,
      given: { spec: { replicas: '3' } },
      want: 'string into Go struct field DeploymentSpec.spec.replicas of type int32',
    },
    {
      kind: deployment,
      given: { spec: { replicas: 1.5 } },
      want: 'number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    },
    {
      kind: deployment,
      given: { metadata: { labels: { a: 1 } } },
      want: 'number into Go struct field ObjectMeta.metadata.labels of type string',
    },
    {
      kind: deployment,
      given: { metadata: { labels: [] } },
      want: 'array into Go struct field ObjectMeta.metadata.labels of type map[string]string',
    },
    {
      kind: deployment,
      given: withContainer({ ports: {} }),
      want: 'object into Go struct field Container.spec.template.spec.containers.ports of type []v1.ContainerPort',
    },
    {
      kind: deployment,
      given: withContainer({ tty: 'x' }),
      want: 'string into Go struct field Container.spec.template.spec.containers.tty of type bool',
    },
  ])('tells of $given', ({ kind, given, want }) => {
    const told = want === undefined ? undefined : `json: cannot unmarshal ${want}`
    expect(wrongType(builtinKindSchema(kind), kind, given)).toBe(told)
  })

  test.each([
    { given: { data: { a: 'YQ==' } }, want: undefined },
    { given: { data: { a: '?' } }, want: 'illegal base64 data at input byte 0' },
    {
      given: { metadata: { creationTimestamp: 'x' } },
      want: 'parsing time "x" as "2006-01-02T15:04:05Z07:00": cannot parse "x" as "2006"',
    },
  ])('reads bytes and times of $given', ({ given, want }) => {
    expect(wrongType(builtinKindSchema(secret), secret, given)).toBe(want)
  })
})
