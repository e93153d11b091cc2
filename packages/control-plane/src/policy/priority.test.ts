import type { SchedulePriority } from '@flotilla/api/propagation-policy'
import type { BindingPriority } from '@flotilla/api/resource-binding'
import type { KubeObject } from '@flotilla/machinery/object'
import { noRules } from '../interpreter/rule-book.ts'
import { describe, expect, test } from 'vitest'
import { priorityClassKind, resolvePriority } from './priority.ts'

interface Case {
  readonly name: string
  readonly asked?: SchedulePriority
  /** Of the pod template. */
  readonly podClass?: string
  readonly classes?: readonly KubeObject[]
  readonly before?: BindingPriority
  readonly want: BindingPriority
}

const aClass = (name: string, value: number, globalDefault = false): KubeObject => ({
  ...priorityClassKind,
  metadata: { name },
  value,
  ...(globalDefault ? { globalDefault } : {}),
})

const aWorkload = (priorityClassName?: string): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'shop', name: 'web' },
  spec: { template: { spec: { containers: [], ...(priorityClassName ? { priorityClassName } : {}) } } },
})

const gold = { priorityClassName: 'gold' }
const preempting = { preemptionPolicy: 'PreemptLowerPriority' } as const
const byPods = { priorityClassSource: 'PodPriorityClass' } as const
const missing = (kept: number) =>
  `PriorityClass gold does not exist on the hub, so the priority is ${kept}: create it, or name another`

describe('resolvePriority()', () => {
  test.each<Case>([
    {
      name: 'the class that the policy names',
      asked: gold,
      podClass: 'silver',
      classes: [aClass('gold', 1000), aClass('silver', 10)],
      want: { priority: 1000, priorityClassName: 'gold' },
    },
    {
      name: 'a negative value',
      asked: gold,
      classes: [aClass('gold', -5)],
      want: { priority: -5, priorityClassName: 'gold' },
    },
    {
      name: 'the class that the pods name',
      asked: byPods,
      podClass: 'silver',
      classes: [aClass('gold', 1000, true), aClass('silver', 10)],
      want: { priority: 10, priorityClassName: 'silver' },
    },
    {
      name: 'the default class where the pods name none',
      asked: byPods,
      classes: [aClass('gold', 1000, true), aClass('silver', 10)],
      want: { priority: 1000, priorityClassName: 'gold' },
    },
    {
      name: 'the default class where the policy names none',
      asked: {},
      podClass: 'silver',
      classes: [aClass('gold', 1000, true), aClass('silver', 10)],
      want: { priority: 1000, priorityClassName: 'gold' },
    },
    {
      name: 'the least of two default classes',
      asked: {},
      classes: [aClass('gold', 1000, true), aClass('silver', 10, true)],
      want: { priority: 10, priorityClassName: 'silver' },
    },
    { name: '0 without a default class', asked: {}, classes: [aClass('gold', 1000)], want: { priority: 0 } },
    {
      name: 'a class of the system without an object',
      asked: { priorityClassName: 'system-node-critical' },
      want: { priority: 2_000_001_000, priorityClassName: 'system-node-critical' },
    },
    {
      name: '0 of a class that does not exist, although there is a default one',
      asked: gold,
      classes: [aClass('silver', 10, true)],
      want: { priority: 0, priorityClassName: 'gold', problem: missing(0) },
    },
    {
      name: 'what a class said before it went',
      asked: gold,
      before: { priority: 1000, priorityClassName: 'gold' },
      want: { priority: 1000, priorityClassName: 'gold', problem: missing(1000) },
    },
    {
      name: 'nothing of another class that was named before',
      asked: gold,
      before: { priority: 10, priorityClassName: 'silver' },
      want: { priority: 0, priorityClassName: 'gold', problem: missing(0) },
    },
    {
      name: 'no problem once the class is there again',
      asked: gold,
      classes: [aClass('gold', 7)],
      before: { priority: 1000, priorityClassName: 'gold', problem: missing(1000) },
      want: { priority: 7, priorityClassName: 'gold' },
    },
    {
      name: 'leave to preempt where the policy gives it',
      asked: { ...gold, ...preempting },
      classes: [aClass('gold', 7)],
      want: { priority: 7, ...gold, ...preempting },
    },
    {
      name: 'no leave to preempt where the class gives none',
      asked: { ...gold, ...preempting },
      classes: [{ ...aClass('gold', 7), preemptionPolicy: 'Never' }],
      want: { priority: 7, ...gold },
    },
    {
      name: 'no leave to preempt where the default class gives none',
      asked: preempting,
      classes: [{ ...aClass('gold', 7, true), preemptionPolicy: 'Never' }],
      want: { priority: 7, ...gold },
    },
    {
      name: 'no leave to preempt while the class does not exist',
      asked: { ...gold, ...preempting },
      before: { priority: 7, ...gold, ...preempting },
      want: { priority: 7, ...gold, problem: missing(7) },
    },
  ])('gives $name', ({ asked = {}, podClass, classes = [], before, want }) => {
    const known = { get: (name: string) => classes.find(({ metadata }) => metadata.name === name), list: () => classes }
    expect(resolvePriority(asked, aWorkload(podClass), known, before, noRules)).toEqual(want)
  })

  test('gives objects without pods the default class', () => {
    const classes = { get: () => undefined, list: () => [aClass('gold', 1000, true)] }
    const settings = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings' } }
    expect(resolvePriority(byPods, settings, classes, undefined, noRules)).toEqual({
      priority: 1000,
      priorityClassName: 'gold',
    })
  })
})
