// JSONPath and kubectl's templates, and what differs between two values.
import { describe, expect, it } from 'vitest'
import { diffValues } from './diff.ts'
import { evaluateJsonPath, formatResults, parseJsonPath, renderJsonPathTemplate } from './json-path.ts'

const object = {
  kind: 'Deployment',
  metadata: { name: 'web', labels: { 'kubernetes.io/hostname': 'n1', app: 'web' } },
  spec: {
    ports: [
      { name: 'http', port: 80 },
      { name: 'https', port: 443 },
      { name: 'old', port: 8080 },
    ],
    paused: false,
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Stalled', status: 'False' },
    ],
  },
}

describe('evaluateJsonPath()', () => {
  it.each([
    { path: '.metadata.name', want: ['web'] },
    { path: 'metadata.name', want: ['web'] },
    { path: '{.metadata.name}', want: ['web'] },
    { path: '$.metadata.name', want: ['web'] },
    { path: '.spec.ports[*].port', want: [80, 443, 8080] },
    { path: '.spec.ports[0].name', want: ['http'] },
    { path: '.spec.ports[-1].name', want: ['old'] },
    { path: '.spec.ports[0,2].port', want: [80, 8080] },
    { path: '.spec.ports[0:2].port', want: [80, 443] },
    { path: '.spec.ports[::2].port', want: [80, 8080] },
    { path: '.spec.ports[-2:].port', want: [443, 8080] },
    { path: '.metadata.labels.kubernetes\\.io/hostname', want: ['n1'] },
    { path: ".metadata.labels['kubernetes.io/hostname']", want: ['n1'] },
    { path: ".metadata.labels['app','kubernetes.io/hostname']", want: ['web', 'n1'] },
    { path: '.status.conditions[?(@.type=="Ready")].status', want: ['True'] },
    { path: '.spec.ports[?(@.port > 100)].name', want: ['https', 'old'] },
    { path: ".spec.ports[?(@.name != 'old')].port", want: [80, 443] },
    { path: '.spec.ports[?(@.gone)].port', want: [] },
    { path: '.spec.paused', want: [false] },
    { path: '.spec.gone.deeper', want: [] },
    { path: '.constructor', want: [] },
    { path: '..port', want: [80, 443, 8080] },
    { path: '.metadata.labels.*', want: ['n1', 'web'] },
  ])('$path', ({ path, want }) => {
    expect(evaluateJsonPath(parseJsonPath(path), object)).toEqual(want)
  })

  it.each(['.a[', '.a[x]', '.a[1:2:0]', '.a[?(@.b==)x]', '.a b', '.a["b]'])('refuses %s', (path) => {
    expect(() => parseJsonPath(path)).toThrow(/^Cannot read JSONPath/)
  })

  it('throws for what is missing when it is strict', () => {
    expect(() => evaluateJsonPath(parseJsonPath('.spec.gone'), object, { strict: true })).toThrow('gone is not found')
  })

  it('formatResults() prints strings bare and the rest as JSON', () => {
    expect(formatResults(['a', 1, true, { b: [1] }])).toBe('a 1 true {"b":[1]}')
  })
})

describe('renderJsonPathTemplate()', () => {
  it.each([
    { template: '{.metadata.name}', want: 'web' },
    { template: 'name={.metadata.name}{"\\n"}', want: 'name=web\n' },
    { template: '{range .spec.ports[*]}{.name}:{.port}{"\\n"}{end}done', want: 'http:80\nhttps:443\nold:8080\ndone' },
    { template: '{range .spec.ports[0]}{range .name}<{@}>{end}{end}', want: '<http>' },
    { template: '{.status.conditions[?(@.type=="Ready")].status}', want: 'True' },
    { template: '{"{"}{.kind}{"}"}', want: '{Deployment}' },
  ])('$template', ({ template, want }) => {
    expect(renderJsonPathTemplate(template, object)).toBe(want)
  })

  it.each(['{.a', '{range .a}x', '{end}'])('refuses %s', (template) => {
    expect(() => renderJsonPathTemplate(template, object)).toThrow(/^Cannot read/)
  })
})

describe('diffValues()', () => {
  it('compares named items by name', () => {
    const before = { spec: { containers: [{ name: 'a', image: 'x:1' }, { name: 'b' }], args: ['1', '2'] } }
    const after = { spec: { containers: [{ name: 'b' }, { name: 'a', image: 'x:2' }], args: ['1'], new: true } }
    expect(diffValues(before, after)).toEqual([
      { path: 'spec.containers[a].image', before: 'x:1', after: 'x:2' },
      { path: 'spec.args[1]', before: '2' },
      { path: 'spec.new', after: true },
    ])
    expect(diffValues(before, before)).toEqual([])
  })

  it('tells of an order that changed, and quotes odd keys', () => {
    expect(diffValues({ l: [{ name: 'a' }, { name: 'b' }] }, { l: [{ name: 'b' }, { name: 'a' }] })).toHaveLength(1)
    expect(diffValues({ 'a.b/c': 1 }, { 'a.b/c': 2 })).toEqual([{ path: '["a.b/c"]', before: 1, after: 2 }])
  })
})
