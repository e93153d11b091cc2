import { describe, expect, it } from 'vitest'
import type { KubeObject } from '@flotilla/machinery/object'
import { configuration } from './webhook-objects.ts'
import { reviewAnswer, type ReviewRequest } from './webhooks.ts'

const policy = (spec: object): KubeObject => ({
  apiVersion: 'flotilla.dev/v1alpha1',
  kind: 'PropagationPolicy',
  metadata: { name: 'p', namespace: 'default' },
  spec,
})
const review = (object: KubeObject, operation = 'CREATE'): ReviewRequest => ({
  uid: 'u1',
  operation,
  object,
  userInfo: { username: 'jane', groups: ['dev'] },
})

interface Answer {
  readonly response: {
    readonly uid: string
    readonly allowed: boolean
    readonly patch?: string
    readonly status?: { readonly message: string; readonly code: number }
  }
}

async function answer(request: ReviewRequest) {
  return ((await reviewAnswer(request, { allowLoopbackEndpoints: false })) as Answer).response
}

describe('reviewAnswer()', () => {
  it('admits with defaults and the author as a patch', async () => {
    const {
      uid,
      allowed,
      patch = '',
    } = await answer(review(policy({ resourceSelectors: [{ apiVersion: 'v1', kind: 'ConfigMap' }] })))
    expect([uid, allowed]).toEqual(['u1', true])
    const operations = JSON.parse(Buffer.from(patch, 'base64').toString()) as { path: string; value: unknown }[]
    expect(operations.map(({ path }) => path)).toEqual(['/metadata', '/spec'])
    expect(operations[0]?.value).toMatchObject({
      annotations: { 'flotilla.dev/author': '{"name":"jane","groups":["dev"]}' },
    })
    expect(operations[1]?.value).toMatchObject({ conflictResolution: 'IfIdentical' })
  })

  it('refuses with the field', async () => {
    const { allowed, status } = await answer(review(policy({ resourceSelectors: [] })))
    expect([allowed, status?.code]).toEqual([false, 422])
    expect(status?.message).toContain('spec.resourceSelectors')
  })

  it.each([
    { name: 'a deletion', request: review(policy({ resourceSelectors: [] }), 'DELETE') },
    { name: 'another kind', request: review({ ...policy({}), kind: 'ConfigMap' }) },
  ])('has nothing to say of $name', async ({ request }) => {
    expect(await answer(request)).toEqual({ uid: 'u1', allowed: true })
  })
})

describe('configuration()', () => {
  it('names our kinds alone, bindings left out, and fails closed', () => {
    const { webhooks } = configuration(
      { group: '', version: '', plural: '', kind: 'ValidatingWebhookConfiguration', namespaced: false },
      'https://127.0.0.1:1',
      'CA',
    )
    expect(webhooks).toMatchObject([
      {
        failurePolicy: 'Fail',
        clientConfig: { url: 'https://127.0.0.1:1/validate' },
        rules: [
          {
            apiGroups: ['flotilla.dev'],
            resources: [
              'clusters',
              'propagationpolicies',
              'clusterpropagationpolicies',
              'overridepolicies',
              'clusteroverridepolicies',
              'pricesheets',
              'trafficprofiles',
              'carbonsheets',
              'scorers',
              'interpreters',
            ],
          },
        ],
      },
    ])
  })
})
