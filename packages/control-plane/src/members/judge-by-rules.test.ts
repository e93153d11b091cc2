import type { Interpreter, InterpreterSpec } from '@flotilla/api/interpreter'
import { loadCel } from '@flotilla/machinery/cel/program'
import type { KubeObject } from '@flotilla/machinery/object'
import { describe, expect, test } from 'vitest'
import { Journal } from '../interpreter/journal.ts'
import { RuleBook } from '../interpreter/rule-book.ts'
import { projectRow, type Row } from './row.ts'

await loadCel()

interface Case {
  readonly name: string
  readonly says: Omit<InterpreterSpec, 'target'>
  readonly status?: object
  readonly spec?: object
  readonly kind?: string
  readonly want: Partial<Row>
}

const phase = { expression: 'object.status.phase' }
const isDone = { expression: 'object.status.done' }

describe('projectRow() by rules', () => {
  test.each<Case>([
    {
      name: 'the health that a rule gives',
      says: { health: phase },
      status: { phase: 'Degraded' },
      want: { health: { state: 'Degraded', message: '' }, isUp: false },
    },
    {
      name: 'health as ever where no rule gives one',
      says: { retain: { fields: ['spec.a'] } },
      want: { health: { state: 'Healthy', message: '' }, isUp: true },
    },
    {
      name: 'unknown health where the rule fails',
      says: { health: phase },
      want: {
        health: {
          state: 'Unknown',
          message:
            'Rule health of Interpreter w failed: Cannot evaluate CEL "object.status.phase": field not found: status',
        },
        isUp: false,
      },
    },
    {
      name: 'progress where its controller has not seen it, whatever the rule says',
      says: { health: { expression: '"Healthy"' } },
      status: { observedGeneration: 1 },
      want: { health: { state: 'Progressing', message: 'Generation 2 is not observed yet, 1 is' } },
    },
    {
      name: 'that what is suspended lacks nothing',
      says: { health: phase },
      status: { phase: 'Suspended' },
      want: { isUp: true },
    },
    {
      name: 'no health before the end of what runs to its end',
      says: { health: phase, completion: isDone },
      status: { phase: 'Healthy', done: false },
      want: { health: { state: 'Progressing', message: 'It has not run to its end' }, isUp: true, isFinished: false },
    },
    {
      name: 'health at the end',
      says: { health: phase, completion: isDone },
      status: { phase: 'Healthy', done: true },
      want: { health: { state: 'Healthy', message: '' }, isUp: true, isFinished: true },
    },
    {
      name: 'no end where the rule fails',
      says: { completion: isDone },
      status: {},
      want: { health: { state: 'Progressing', message: 'It has not run to its end' }, isFinished: false },
    },
    {
      name: 'the end of a failure',
      says: { health: phase, completion: isDone },
      status: { phase: 'Degraded', done: true },
      want: { isUp: false, isFinished: true },
    },
    {
      name: 'nothing of a status that nobody asks for',
      says: { health: phase },
      status: { phase: 'Healthy', nodes: {} },
      want: { status: {}, isStatusKnown: true },
    },
    {
      name: 'the whole status for aggregation',
      says: { aggregation: phase },
      status: { phase: 'a', b: 1 },
      want: { status: { phase: 'a', b: 1 } },
    },
    {
      name: 'of the status what a rule keeps, and its counts',
      says: { status: { expression: '{"replicas": 3, "readyReplicas": object.status.up}' } },
      status: { up: 2, nodes: {} },
      want: { status: { replicas: 3, readyReplicas: 2 }, replicas: 3, readyReplicas: 2 },
    },
    {
      name: 'that the status is not known where the rule fails',
      says: { status: { expression: 'object.status.up' } },
      status: {},
      want: { status: {}, isStatusKnown: false },
    },
    {
      name: 'replicas as Kubernetes counts them',
      says: { replicas: { path: 'spec.size' } },
      spec: { size: 3 },
      status: { replicas: 3, readyReplicas: 1 },
      want: { replicas: 3, readyReplicas: 1 },
    },
    {
      name: 'all replicas of what is well, where nothing counts them',
      says: { replicas: { path: 'spec.size' }, health: phase },
      spec: { size: 3 },
      status: { phase: 'Healthy' },
      want: { replicas: 3, readyReplicas: 3 },
    },
    {
      name: 'none of what is not',
      says: { replicas: { path: 'spec.size' }, health: phase },
      spec: { size: 3 },
      status: { phase: 'Progressing' },
      want: { replicas: 3, readyReplicas: 0 },
    },
    {
      name: 'all of what runs to its end',
      says: { replicas: { path: 'spec.size' }, health: phase, completion: isDone },
      spec: { size: 3 },
      status: { phase: 'Progressing', done: false },
      want: { replicas: 3, readyReplicas: 3 },
    },
    {
      name: 'the counts of a kind that the hub knows',
      kind: 'apps/v1/Deployment',
      says: { health: { expression: '"Healthy"' } },
      spec: { replicas: 2 },
      status: { replicas: 2, readyReplicas: 1 },
      want: {
        health: { state: 'Healthy', message: '' },
        replicas: 2,
        readyReplicas: 1,
        status: { replicas: 2, readyReplicas: 1 },
      },
    },
  ])('tells $name', ({ says, status, spec, kind = 'example.com/v1/Widget', want }) => {
    const [group = '', version = '', name = ''] = kind.split('/')
    const interpreter: Interpreter = {
      apiVersion: 'flotilla.dev/v1alpha1',
      kind: 'Interpreter',
      metadata: { name: 'w' },
      spec: { target: { group, kind: name }, ...says },
    }
    const metadata = { namespace: 'shop', name: 'w', generation: 2 }
    const object: KubeObject = {
      apiVersion: `${group}/${version}`,
      kind: name,
      metadata,
      ...(spec && { spec }),
      ...(status && { status }),
    }
    expect(projectRow(object, 0, new RuleBook([interpreter], new Journal(), []), 'eu')).toMatchObject(want)
  })
})
