import { aClusterRow } from '@flotilla/scheduler/fixtures'
import { describe, expect, test } from 'vitest'
import { questionText, readAnswer } from './protocol.ts'

describe('questionText()', () => {
  test('names the workload, what it asks for, and the clusters', () => {
    const subject = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      namespace: 'shop',
      name: 'web',
      replicas: 3,
      requirements: { resourceRequest: { cpu: '1' } },
    }
    const eu = aClusterRow({ name: 'eu', region: 'eu-west-1', provider: 'aws', zones: ['a'], labels: { env: 'prod' } })
    expect(JSON.parse(questionText(subject, [eu]))).toEqual({
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'ScoreRequest',
      workload: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' },
      replicas: 3,
      requests: { cpu: '1' },
      clusters: [{ name: 'eu', provider: 'aws', region: 'eu-west-1', zones: ['a'], labels: { env: 'prod' } }],
    })
  })
})

const answer = (...clusters: readonly unknown[]) => JSON.stringify({ clusters })

describe('readAnswer()', () => {
  test('reads costs and refusals', () => {
    const read = readAnswer(answer({ name: 'eu', cost: 0.5, note: 'x' }, { name: 'us', refused: 'no\nlicence' }), [
      'eu',
      'us',
    ])
    expect(read).toEqual({ costs: new Map([['eu', 0.5]]), refusals: new Map([['us', 'no licence']]) })
  })

  test('cuts a long refusal off', () => {
    const read = readAnswer(answer({ name: 'eu', refused: 'x'.repeat(9999) }), ['eu'])
    expect(read.refusals.get('eu')).toHaveLength(257)
  })

  test.each([
    { name: 'no JSON', given: '<html>', want: /it is no JSON/ },
    { name: 'a number', given: '5', want: /it is no object/ },
    { name: 'null', given: 'null', want: /it is no object/ },
    { name: 'no list', given: '{"clusters": {}}', want: /no list of clusters/ },
    { name: 'a list of texts', given: answer('eu', 'us'), want: /clusters\[0\] is no object/ },
    { name: 'no name', given: answer({ cost: 1 }), want: /clusters\[0\] has no name/ },
    { name: 'NaN', given: '{"clusters": [{"name": "eu", "cost": NaN}]}', want: /it is no JSON/ },
    { name: 'a cost that is a text', given: answer({ name: 'eu', cost: '1' }), want: /cost on eu is not a number/ },
    { name: 'a negative cost', given: answer({ name: 'eu', cost: -1 }), want: /cost on eu is not a number from 0/ },
    {
      name: 'an infinite cost',
      given: '{"clusters": [{"name": "eu", "cost": 1e999}]}',
      want: /not a number from 0 to/,
    },
    { name: 'an absurd cost', given: answer({ name: 'eu', cost: 1e9 }), want: /not a number from 0 to 1000000/ },
    { name: 'neither', given: answer({ name: 'eu' }), want: /cost on eu is not a number/ },
    { name: 'both', given: answer({ name: 'eu', cost: 1, refused: 'x' }), want: /both a cost and a refusal for eu/ },
    { name: 'an empty refusal', given: answer({ name: 'eu', refused: '' }), want: /refusal of eu is no text/ },
    {
      name: 'a missing cluster',
      given: answer({ name: 'eu', cost: 1 }),
      want: /1 of 2 clusters are missing, such as us/,
    },
    {
      name: 'a cluster that nobody asked about',
      given: answer({ name: 'eu', cost: 1 }, { name: 'mars', cost: 1 }),
      want: /it was not asked about cluster mars/,
    },
    {
      name: 'a cluster twice',
      given: answer({ name: 'eu', cost: 1 }, { name: 'eu', cost: 2 }),
      want: /it has twice cluster eu/,
    },
  ])('refuses $name', ({ given, want }) => {
    expect(() => readAnswer(given, ['eu', 'us'])).toThrow(want)
  })
})
