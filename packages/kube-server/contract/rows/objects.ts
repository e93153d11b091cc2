// Paths and small objects that many rows use.
import { get, post, quietly } from '../row.ts'
import type { Step } from '../row.ts'

export const configMaps = '/api/v1/namespaces/{ns}/configmaps'
export const deployments = '/apis/apps/v1/namespaces/{ns}/deployments'
export const pods = '/api/v1/namespaces/{ns}/pods'
export const services = '/api/v1/namespaces/{ns}/services'
export const namespaces = '/api/v1/namespaces'
export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

type Fields = Readonly<Record<string, unknown>>

export function configMap(name: string, data: Fields = { a: '1' }, metadata: Fields = {}): Fields {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data }
}

export function deployment(name: string, spec: Fields = {}, metadata: Fields = {}): Fields {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, ...metadata },
    spec: { selector: { matchLabels: { app: 'a' } }, template: podTemplate(), ...spec },
  }
}

export function podTemplate(container: Fields = {}, spec: Fields = {}): Fields {
  return {
    metadata: { labels: { app: 'a' } },
    spec: { containers: [{ name: 'c', image: 'i:1', ...container }], ...spec },
  }
}

export function pod(name: string, container: Fields = {}, spec: Fields = {}): Fields {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { automountServiceAccountToken: false, containers: [{ name: 'c', image: 'i:1', ...container }], ...spec },
  }
}

export function service(name: string, spec: Fields = {}): Fields {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } }
}

/** A CRD of group `{ns}.example.com`, whose kind is Widget. */
export function widgets(schema: Fields, version: Fields = {}, spec: Fields = {}): Fields {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.{ns}.example.com' },
    spec: {
      group: '{ns}.example.com',
      names: { plural: 'widgets', kind: 'Widget' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema }, ...version }],
      ...spec,
    },
  }
}

/** Creates the CRD and waits until its resource is served. */
export function defineWidgets(schema: Fields, version: Fields = {}, spec: Fields = {}): readonly Step[] {
  return [
    quietly(post(definitions, widgets(schema, version, spec))),
    quietly(
      get(`${definitions}/widgets.{ns}.example.com`, { until: { path: 'status.conditions.1.status', equals: 'True' } }),
    ),
    quietly(get('/apis/{ns}.example.com/v1/widgets', { until: { code: 200 } })),
  ]
}

export const widgetPath = '/apis/{ns}.example.com/v1/namespaces/{ns}/widgets'

export function widget(name: string, fields: Fields = {}, metadata: Fields = {}): Fields {
  return { apiVersion: '{ns}.example.com/v1', kind: 'Widget', metadata: { name, ...metadata }, ...fields }
}
