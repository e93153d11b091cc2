import type { BindingPriority, BindingSpec } from '@flotilla/api/resource-binding'
import { describe, expect, test } from 'vitest'
import { explanationText } from './explanation-text.ts'
import type { Binding } from '@flotilla/control-plane/hub'

const template = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace: 'shop', name: 'settings' } }
const explained = { verdicts: [], placement: {}, clusters: new Map() }

function textOf(schedulePriority?: BindingPriority, more: Partial<BindingSpec> = {}): string {
  const binding: Binding = {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'ResourceBinding',
    metadata: { namespace: 'shop', name: 'configmap-settings' },
    spec: { workloads: [], ...(schedulePriority ? { schedulePriority } : {}), ...more },
  }
  return explanationText({ template, binding, explained, paint: (_, text) => text, now: 0 })
}

describe('explanationText()', () => {
  test.each([
    [{ priority: 1000, priorityClassName: 'gold' }, 'Priority: 1000 (PriorityClass gold)'],
    [{ priority: 0 }, 'Priority: 0 (no PriorityClass)'],
    [{ priority: 7, priorityClassName: 'gold', problem: 'gold is not there' }, 'Priority: 7 (gold is not there)'],
  ])('says of %j: %s', (priority, line) => {
    expect(textOf(priority).split('\n')).toContain(line)
  })

  test('says who gives way to it, and what came of it', () => {
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'low', uid: 'u' }
    const victims = [{ ref, replicas: 3, left: 2 }]
    const preemption = { cluster: 'eu', id: 'id-eu', replicas: 3, victims, since: '2026-01-01T00:00:00Z' }
    expect(textOf(undefined, { preemption }).split('\n')).toContain(
      'Preemption: on eu 3 of Deployment shop/low give way to it, since 2026-01-01T00:00:00Z',
    )
    expect(textOf(undefined, { preemption: { ...preemption, outcome: 'Taken' } })).toContain(
      'gave way to it, since 2026-01-01T00:00:00Z (Taken)',
    )
  })

  test('says when and why costs moved it last', () => {
    const message = '5 from cloud to home, saves 0.35 USD an hour'
    const rebalanced = { time: '1969-12-31T23:57:00Z', forHash: 'h', replicas: 5, to: [], message }
    expect(textOf(undefined, { rebalanced }).split('\n')).toContain(`Rebalanced 3m ago: ${message}`)
    expect(textOf()).not.toContain('Rebalanced')
  })

  test('says nothing of a priority where the policy says nothing', () => {
    expect(textOf()).not.toContain('Priority')
  })
})
