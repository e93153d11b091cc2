// fieldValidation: unknown and duplicate fields in every kind of write.
import { patch, post, put, row } from '../row.ts'
import type { Row } from '../row.ts'
import { configMap, configMaps, deployment, deployments, widget, widgetPath, defineWidgets } from './objects.ts'

const modes = ['Strict', 'Warn', 'Ignore', 'Nope']
const unknown = deployment('d', {
  nope: 1,
  template: {
    metadata: { labels: { app: 'a' }, wrong: 1 },
    spec: { containers: [{ name: 'c', image: 'i:1', imagePullpolicy: 'Never' }] },
  },
})
const duplicate = '{"metadata":{"name":"a"},"data":{"x":"1"},"data":{"x":"2","x":"3"}}'
const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        a: { type: 'string' },
        list: { type: 'array', items: { type: 'object', properties: { b: { type: 'integer' } } } },
      },
    },
  },
}
const definition = defineWidgets(schema)

export const fieldValidationRows: readonly Row[] = modes.flatMap((mode) => [
  row(`field validation ${mode}: create with unknown fields`, post(`${deployments}?fieldValidation=${mode}`, unknown)),
  row(
    `field validation ${mode}: create with duplicate fields`,
    post(`${configMaps}?fieldValidation=${mode}`, duplicate),
  ),
  row(
    `field validation ${mode}: create from YAML with duplicate and unknown fields`,
    post(`${configMaps}?fieldValidation=${mode}`, 'metadata: {name: a, zzz: 1}\ndata: {x: "1"}\ndata: {x: "2"}\n', {
      headers: { 'content-type': 'application/yaml' },
    }),
  ),
  row(
    `field validation ${mode}: update`,
    post(deployments, deployment('d')),
    put(`${deployments}/d?fieldValidation=${mode}`, unknown),
  ),
  row(
    `field validation ${mode}: merge patch`,
    post(configMaps, configMap('a')),
    patch('merge', `${configMaps}/a?fieldValidation=${mode}`, { nope: 1, metadata: { wrong: true } }),
  ),
  row(
    `field validation ${mode}: json patch`,
    post(configMaps, configMap('a')),
    patch('json', `${configMaps}/a?fieldValidation=${mode}`, [{ op: 'add', path: '/nope', value: 1 }]),
  ),
  row(
    `field validation ${mode}: strategic patch`,
    post(deployments, deployment('d')),
    patch('strategic', `${deployments}/d?fieldValidation=${mode}`, { spec: { nope: 1 } }),
  ),
  row(
    `field validation ${mode}: apply`,
    patch('apply', `${configMaps}/a?fieldManager=one&fieldValidation=${mode}`, { ...configMap('a'), nope: 1 }),
  ),
  row(
    `field validation ${mode}: custom resource`,
    ...definition,
    post(
      `${widgetPath}?fieldValidation=${mode}`,
      widget('w', { nope: 1, spec: { a: 'x', b: 'y', list: [{ b: 1 }, { c: 2 }] } }),
    ),
    patch('merge', `${widgetPath}/w?fieldValidation=${mode}`, { spec: { z: 1 } }),
  ),
])
