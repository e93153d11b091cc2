// The controllers that decide, wired as the control plane wires them.
import { clusterResource, type NodeShape } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import type { Controller } from '@flotilla/runtime/controller'
import { createSchedulerController } from '../src/binding/scheduler/controller.ts'
import { createPolicyController } from '../src/policy/controller.ts'
import { type CallScorer, cannotCall } from '../src/binding/scorer/call-scorer.ts'
import { createScorerController } from '../src/binding/scorer/controller.ts'
import { ExternalScores } from '../src/binding/scorer/external-scores.ts'
import type { TestHub } from './test-hub.ts'

export function decidingHalf(t: TestHub, callScorer: CallScorer = cannotCall): readonly Controller[] {
  const scores = new ExternalScores({ ...t, callScorer })
  const scheduler = createSchedulerController({ ...t, scores })
  const { withFirstDecision } = scheduler
  return [createPolicyController({ ...t, withFirstDecision }), scheduler, createScorerController({ ...t, scores })]
}

/** A Ready cluster that serves Deployments and has one node with so much room. */
export async function createReadyCluster(t: TestHub, name: string, free: NodeShape['free']): Promise<void> {
  const at = '2026-01-01T00:00:00Z'
  const ready = { type: 'Ready', status: 'True', reason: 'X', message: '', lastTransitionTime: at }
  const apis = [{ group: 'apps', version: 'v1', kinds: ['Deployment'] }]
  const patch = { status: { conditions: [ready], apis, nodeShapes: [{ free, count: 1 }] } }
  await t.api.create(clusterResource, { apiVersion, kind: 'Cluster', metadata: { name }, spec: { id: `id-${name}` } })
  await t.api.patch(clusterResource, { name }, { type: 'merge', patch }, { subresource: 'status' })
}
