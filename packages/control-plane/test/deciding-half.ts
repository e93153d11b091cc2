// The controllers that decide, wired as the control plane wires them.
import type { Controller } from '@flotilla/runtime/controller'
import { createSchedulerController } from '../src/binding/scheduler/controller.ts'
import { createPolicyController } from '../src/policy/controller.ts'
import type { TestHub } from './test-hub.ts'

export function decidingHalf(t: TestHub): readonly Controller[] {
  const scheduler = createSchedulerController(t)
  const { withFirstDecision } = scheduler
  return [createPolicyController({ ...t, withFirstDecision }), scheduler]
}
