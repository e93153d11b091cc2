// Options of requests as their query and body state them.
import { describe, expect, test } from 'vitest'
import { parseRequest } from './parse-request.ts'
import { deleteOptions, listOptions, watchOptions, writeOptions } from './query-options.ts'

const info = (query: string, path = '/api/v1/namespaces/shop/pods') => parseRequest('GET', `${path}?${query}`)
const invalid = (field: string) =>
  expect.objectContaining({ code: 'Invalid', message: expect.stringContaining(field) as string }) as Error

describe('listOptions()', () => {
  test.each([
    { query: '', want: { namespace: 'shop' } },
    { query: 'limit=5&continue=x', want: { namespace: 'shop', limit: 5, continue: 'x' } },
    { query: 'limit=0&labelSelector=', want: { namespace: 'shop' } },
    {
      query: 'resourceVersion=7&resourceVersionMatch=Exact',
      want: { namespace: 'shop', resourceVersion: '7', resourceVersionMatch: 'Exact' },
    },
  ])('reads "$query"', ({ query, want }) => {
    expect(listOptions(info(query))).toEqual(want)
  })

  test.each([
    'resourceVersionMatch=Exact',
    'resourceVersion=1&resourceVersionMatch=Other',
    'resourceVersion=0&resourceVersionMatch=Exact',
    'resourceVersion=1&resourceVersionMatch=Exact&continue=x',
  ])('refuses "%s"', (query) => {
    expect(() => listOptions(info(query))).toThrow(invalid('resourceVersionMatch'))
  })

  test.each(['limit=x', 'limit=1e9', 'limit=99999999999999999999'])('refuses "%s"', (query) => {
    expect(() => listOptions(info(query))).toThrow(expect.objectContaining({ code: 'BadRequest' }) as Error)
  })
})

describe('watchOptions()', () => {
  test('narrows a watch to the name that was authorized', () => {
    const named = info('fieldSelector=spec.x%3Dy', '/api/v1/watch/namespaces/shop/pods/p')
    expect(watchOptions(named)).toMatchObject({ namespace: 'shop', fieldSelector: 'metadata.name=p' })
    const odd = info('', '/api/v1/watch/namespaces/shop/pods/a,metadata.name!=b')
    expect(watchOptions(odd).fieldSelector).toBe('metadata.name=a\\,metadata.name!\\=b')
  })

  test('refuses initial events without the match that they need', () => {
    expect(() => watchOptions(info('watch=1&sendInitialEvents=true'))).toThrow(invalid('resourceVersionMatch'))
    expect(() => watchOptions(info('watch=1&resourceVersionMatch=NotOlderThan'))).toThrow(
      invalid('resourceVersionMatch'),
    )
  })
})

describe('writeOptions()', () => {
  test('names the manager by the query, then by the program, within its length', () => {
    const manager = (query: string, agent?: string) => writeOptions('UpdateOptions', info(query), agent).fieldManager
    expect(manager('fieldManager=me', 'kubectl/v1')).toBe('me')
    expect(manager('', 'kubectl/v1')).toBe('kubectl')
    expect(manager('', 'a\u0000b'.repeat(200))).toHaveLength(128)
    expect(() => manager(`fieldManager=${'x'.repeat(129)}`)).toThrow(invalid('fieldManager'))
  })

  test.each(['dryRun=true', 'fieldValidation=maybe'])('refuses "%s"', (query) => {
    expect(() => writeOptions('CreateOptions', info(query), undefined)).toThrow(invalid('Unsupported value'))
  })
})

describe('deleteOptions()', () => {
  test('takes a body for all that the query says', () => {
    const query = info('dryRun=All&propagationPolicy=Orphan&gracePeriodSeconds=3')
    expect(deleteOptions(query, undefined)).toMatchObject({
      dryRun: true,
      propagationPolicy: 'Orphan',
      gracePeriodSeconds: 3,
    })
    const body = { preconditions: { uid: 'u' } }
    expect(deleteOptions(query, body)).toMatchObject({ dryRun: false, preconditions: { uid: 'u' } })
  })

  test('refuses both ways of saying what becomes of dependents', () => {
    const query = info('propagationPolicy=Orphan&orphanDependents=true')
    expect(() => deleteOptions(query, undefined)).toThrow(invalid('propagationPolicy'))
  })
})
