// Which rules allow and cover what.
import { describe, expect, test } from 'vitest'
import { describeRules, ruleAllows, uncovered } from './rbac-rules.ts'

const asked = { verb: 'get', group: '', resource: 'pods', subresource: '', name: 'a' }
const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] }

describe('ruleAllows()', () => {
  test.each([
    { name: 'the same', given: rule, asked, want: true },
    { name: 'another verb', given: rule, asked: { ...asked, verb: 'list' }, want: false },
    { name: 'another group', given: rule, asked: { ...asked, group: 'apps' }, want: false },
    { name: 'a subresource', given: rule, asked: { ...asked, subresource: 'log' }, want: false },
    {
      name: 'a subresource of all',
      given: { ...rule, resources: ['*/log'] },
      asked: { ...asked, subresource: 'log' },
      want: true,
    },
    { name: 'a listed name', given: { ...rule, resourceNames: ['a'] }, asked, want: true },
    { name: 'another name', given: { ...rule, resourceNames: ['b'] }, asked, want: false },
    {
      name: 'a path by prefix',
      given: { verbs: ['get'], nonResourceURLs: ['/api/*'] },
      asked: { ...asked, path: '/api/v1' },
      want: true,
    },
    {
      name: 'a path by a resource rule',
      given: { ...rule, resources: ['*'] },
      asked: { ...asked, path: '/api' },
      want: false,
    },
  ])('decides on $name', ({ given, asked: request, want }) => {
    expect(ruleAllows(given, request)).toBe(want)
  })
})

describe('uncovered()', () => {
  test('names the steps that are missing', () => {
    const wanted = [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }]
    expect(uncovered([rule], wanted)).toEqual([{ verbs: ['list'], apiGroups: [''], resources: ['pods'] }])
  })

  test('does not let one name cover all names', () => {
    expect(uncovered([{ ...rule, resourceNames: ['a'] }], [rule])).toHaveLength(1)
  })
})

describe('describeRules()', () => {
  test('shows the verbs on one resource together, names and paths apart, each line once and in order', () => {
    const wanted = [
      { verbs: ['get', 'list'], nonResourceURLs: ['/metrics'] },
      { verbs: ['list'], apiGroups: ['', 'apps'], resources: ['pods'] },
      { verbs: ['get'], apiGroups: [''], resources: ['pods'] },
      { verbs: ['get', 'list'], nonResourceURLs: ['/metrics'] },
      { verbs: ['get', 'watch'], apiGroups: [''], resources: ['pods'], resourceNames: ['a'] },
    ]
    expect(describeRules(uncovered([], wanted)).split('\n')).toEqual([
      '{APIGroups:[""], Resources:["pods"], ResourceNames:["a"], Verbs:["get" "watch"]}',
      '{APIGroups:[""], Resources:["pods"], Verbs:["list" "get"]}',
      '{APIGroups:["apps"], Resources:["pods"], Verbs:["list"]}',
      '{NonResourceURLs:["/metrics"], Verbs:["get"]}',
      '{NonResourceURLs:["/metrics"], Verbs:["list"]}',
    ])
  })
})
