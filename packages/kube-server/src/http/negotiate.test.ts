// What is answered for which Accept header.
import { describe, expect, test } from 'vitest'
import { negotiate } from './negotiate.ts'

const table = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const protobuf = 'application/vnd.kubernetes.protobuf'

describe('negotiate()', () => {
  test.each([
    { name: 'nothing asked', accept: undefined, want: { media: 'application/json', asVersion: 'v1' } },
    {
      name: 'kubectl get',
      accept: `${table},application/json`,
      want: { media: 'application/json', as: 'Table', asVersion: 'v1' },
    },
    {
      name: 'protobuf or JSON',
      accept: `${protobuf},application/json`,
      want: { media: 'application/json', asVersion: 'v1' },
    },
    {
      name: 'an unknown form first',
      accept: `application/json;as=Poem;v=v1;g=meta.k8s.io,${table}`,
      want: { media: 'application/json', as: 'Table', asVersion: 'v1' },
    },
    {
      name: 'a wish by weight',
      accept: 'application/json;q=0.5,application/yaml',
      want: { media: 'application/yaml', asVersion: 'v1' },
    },
  ])('answers $name', ({ accept, want }) => {
    expect(negotiate(accept)).toEqual(want)
  })

  test('refuses what it cannot write', () => {
    expect(() => negotiate(protobuf)).toThrow(/only the following media types are accepted/)
  })
})
