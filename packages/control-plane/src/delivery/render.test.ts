import type { Cluster } from '@flotilla/api/cluster'
import type { KubeObject } from '@flotilla/machinery/object'
import { deployments } from '@flotilla/machinery/well-known-resources'
import { describe, expect, test } from 'vitest'
import { builtinSchemaOf } from '../members/member-kinds.ts'
import { appliedHash, withAppliedHash } from './applied-hash.ts'
import { maskSecret } from './masks.ts'
import { fieldsDigest } from '../members/fields-digest.ts'
import { ownedDigest } from './owned-fields.ts'
import { render, type RenderInput } from './render.ts'
import { noRules } from '../interpreter/rule-book.ts'
import { withShare } from './replicas.ts'

const eu: Cluster = {
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'Cluster',
  metadata: { name: 'eu' },
  spec: { id: 'id-eu', region: 'eu-west-1' },
}

const web: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'shop', name: 'web', uid: 'template', generation: 3, labels: { app: 'web' } },
  spec: {
    replicas: 6,
    revisionHistoryLimit: 10,
    selector: { matchLabels: { app: 'web' } },
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:1' }] } },
  },
  status: { replicas: 6 },
}

const schema = builtinSchemaOf('apps/v1', 'Deployment')
const rendered = (more: Partial<RenderInput> = {}) =>
  render({
    template: web,
    hubSchema: schema,
    hubId: 'hub',
    cluster: eu,
    rules: [],
    served: { resource: deployments, schema },
    ...more,
  })

describe('render()', () => {
  test('states what people wrote, the share, the overrides, and our marks', () => {
    const rules = [
      {
        policy: 'OverridePolicy p',
        rule: 0,
        overriders: { imageOverrider: [{ component: 'Tag', operator: 'replace', value: '2' }] },
      },
    ] as const
    const { object, changes } = rendered({ rules, divide: (one) => withShare(one, { replicas: 2 }, noRules) })
    expect(object).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        namespace: 'shop',
        name: 'web',
        labels: { app: 'web', 'flotilla.dev/hub': 'hub' },
        annotations: { 'flotilla.dev/template': 'template', 'flotilla.dev/generation': '3' },
      },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web:2' }] } },
      },
    })
    expect(changes).toEqual([
      {
        policy: 'OverridePolicy p',
        rule: 0,
        overrider: 'imageOverrider',
        fields: ['spec.template.spec.containers[web].image'],
      },
    ])
  })

  test('speaks the version that the member serves', () => {
    const resource = { ...deployments, version: 'v1beta2' }
    expect(rendered({ served: { resource, schema: undefined } }).object.apiVersion).toBe('apps/v1beta2')
  })

  test("drops fields that the member's version does not have, and names them", () => {
    const template = { ...web, spec: { ...(web['spec'] as object), futureField: { a: 1 } } }
    const { object, fieldsDropped } = rendered({ template })
    expect(fieldsDropped).toEqual(['spec.futureField'])
    expect(object['spec']).not.toHaveProperty('futureField')
  })

  test('gives equal text to be hashed for equal templates', () => {
    const texts: string[] = []
    const hmac = (text: string) => {
      texts.push(text)
      return 'hash'
    }
    appliedHash(rendered().object, hmac)
    appliedHash(rendered({ template: { ...web, status: { replicas: 9 } } }).object, hmac)
    expect(texts[0]).toBe(texts[1])
  })
})

describe('ownedDigest()', () => {
  test('is what the member will say that we own: everything stated but the identity', () => {
    const owned = schema && ownedDigest(withAppliedHash(rendered().object, ''), schema)
    const told = {
      'f:metadata': {
        'f:annotations': {
          'f:flotilla.dev/applied': {},
          'f:flotilla.dev/generation': {},
          'f:flotilla.dev/template': {},
        },
        'f:labels': { 'f:app': {}, 'f:flotilla.dev/hub': {} },
      },
      'f:spec': {
        'f:replicas': {},
        'f:selector': {},
        'f:template': {
          'f:metadata': { 'f:labels': { 'f:app': {} } },
          'f:spec': { 'f:containers': { 'k:{"name":"web"}': { '.': {}, 'f:image': {}, 'f:name': {} } } },
        },
      },
    }
    expect(owned).toBe(fieldsDigest(told))
  })
})

describe('maskSecret()', () => {
  test('hides values of a Secret and of nothing else', () => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { a: 'x' }, type: 'Opaque' }
    expect(maskSecret(secret)).toEqual({ ...secret, data: { a: '***' } })
    expect(maskSecret(web)).toBe(web)
  })
})
