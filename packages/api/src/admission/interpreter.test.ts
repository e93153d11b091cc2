import { loadCel } from '@flotilla/machinery/cel/program'
import { expect, test } from 'vitest'
import { admissionRules } from '../admission.ts'
import type { InterpreterSpec } from '../interpreter.ts'

await loadCel()

const target = { group: 'example.com', kind: 'Widget' }

/** What is refused, as `field: message`. */
function refusals(spec: Partial<InterpreterSpec>): readonly string[] {
  const interpreter = {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Interpreter',
    metadata: { name: 'widgets' },
    spec: { target, ...spec },
  }
  return (admissionRules.get('Interpreter')?.check(interpreter) ?? []).map(
    ({ field, message }) => `${field}: ${message}`,
  )
}

const healthy = { expression: '"Healthy"' }

test.each<{ readonly name: string; readonly spec: Partial<InterpreterSpec> }>([
  {
    name: 'replicas at a path',
    spec: { replicas: { path: 'spec.size', default: 3 }, requirement: { path: 'spec.pod' } },
  },
  {
    name: 'replicas by expressions',
    spec: { replicas: { expression: 'object.spec.size' }, revise: { expression: '{"spec": {"size": replicas}}' } },
  },
  { name: 'components', spec: { components: { expression: '[{"name": "a", "replicas": 1, "template": {}}]' } } },
  {
    name: 'all that is said of copies',
    spec: {
      health: { expression: 'has(object.status) ? {"state": "Healthy", "message": ""} : "Progressing"' },
      completion: { expression: 'object.status.phase == "Done"' },
      status: { expression: 'merge([object.status, {"a": 1}])' },
      aggregation: { expression: '{"ready": copies.filter(c, c.reachable).size(), "of": object.metadata.name}' },
      dependencies: { expression: '[{"kind": "ConfigMap", "name": object.spec.settings}]' },
      retain: { fields: ['spec.paused', 'metadata.labels[example.com/key]'] },
    },
  },
  {
    name: 'health of a kind that the hub knows',
    spec: { target: { group: 'apps', kind: 'Deployment' }, health: healthy },
  },
])('Interpreter with $name is accepted', ({ spec }) => {
  expect(refusals(spec)).toEqual([])
})

test.each<{ readonly name: string; readonly spec: Partial<InterpreterSpec>; readonly refused: string }>([
  { name: 'nothing to say', spec: {}, refused: 'spec: Required value: say at least one of' },
  {
    name: 'a rule that does not compile',
    spec: { health: { expression: 'object.status..phase' } },
    refused:
      'spec.health.expression: Invalid value: "object.status..phase": Cannot evaluate CEL "object.status..phase": <input>:1:14',
  },
  {
    name: 'a variable of another rule',
    spec: { health: { expression: 'copies.size() > 0 ? "Healthy" : "Unknown"' } },
    refused: 'there is no variable copies; there are object',
  },
  {
    name: 'a kind of ours',
    spec: { target: { group: 'flotilla.dev', kind: 'Cluster' }, health: healthy },
    refused: 'spec.target.group: Forbidden',
  },
  {
    name: 'replicas of a kind that the hub knows',
    spec: { target: { group: 'apps', kind: 'Deployment' }, replicas: { path: 'spec.replicas' } },
    refused: 'spec.replicas: Forbidden: the hub reads Deployment itself',
  },
  {
    name: 'replicas in two ways',
    spec: { replicas: { path: 'spec.size', expression: '1' }, revise: { expression: '{}' } },
    refused: 'spec.replicas: Required value: say either path or expression',
  },
  {
    name: 'replicas that cannot be written',
    spec: { replicas: { expression: '1' } },
    refused: 'spec.revise: Required value',
  },
  {
    name: 'a revision of what stands at a path',
    spec: { replicas: { path: 'spec.size' }, revise: { expression: '{}' } },
    refused: 'spec.revise: Forbidden',
  },
  {
    name: 'replicas and components',
    spec: { replicas: { path: 'spec.size' }, components: { expression: '[]' } },
    refused: 'spec.components: Forbidden',
  },
  { name: 'a path of no fields', spec: { replicas: { path: 'spec.a[0]' } }, refused: 'spec.replicas.path: Invalid' },
  { name: 'a kept name', spec: { retain: { fields: ['metadata.name'] } }, refused: 'spec.retain.fields[0]: Invalid' },
  {
    name: 'a kind in small letters',
    spec: { target: { group: 'example.com', kind: 'widgets' }, health: healthy },
    refused: 'spec.target.kind: Invalid',
  },
])('Interpreter with $name is refused', ({ spec, refused }) => {
  expect(refusals(spec).join('\n')).toContain(refused)
})
