// Callers by certificate, whatever their names look like.
import { X509Certificate } from 'node:crypto'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { beforeAll, describe, expect, test } from 'vitest'
import { createCa, createClientCertificate, createServingCertificate, type KeyPair } from '../http/certificates.ts'
import { createCertificateAuthenticator } from './certificate-authenticator.ts'

const env = createVirtualEnv({ seed: 1 })
let ca: KeyPair

beforeAll(async () => {
  ca = await createCa(env, 'ours')
})

function authenticate({ cert }: KeyPair, authority = ca.cert, clock: { now(): number } = env.clock) {
  const authenticator = createCertificateAuthenticator(authority, { monotonic: () => 0, ...clock })
  return authenticator.authenticate({ certificate: new X509Certificate(cert) })
}

describe('createCertificateAuthenticator()', () => {
  test.each([
    { name: 'a user of no group', given: { user: 'bob' }, want: { name: 'bob', groups: [] } },
    { name: 'groups', given: { user: 'bob', groups: ['a', 'b'] }, want: { name: 'bob', groups: ['a', 'b'] } },
    {
      name: 'a name with a plus that looks like a group',
      given: { user: 'bob+O=system:masters' },
      want: { name: 'bob+O=system:masters', groups: [] },
    },
    {
      name: 'a name with a line break that looks like a group',
      given: { user: 'bob\nO=system:masters', groups: ['a+b'] },
      want: { name: 'bob\nO=system:masters', groups: ['a+b'] },
    },
    { name: 'quotes and commas', given: { user: 'a,b="c\\' }, want: { name: 'a,b="c\\', groups: [] } },
  ])('reads $name', async ({ given, want }) => {
    expect(await authenticate(await createClientCertificate(env, ca, given))).toEqual(want)
  })

  test('ignores what another CA of the same name signed', async () => {
    const other = await createCa(env, 'ours')
    expect(await authenticate(await createClientCertificate(env, other, { user: 'bob' }))).toBeUndefined()
  })

  test('ignores the certificate of a server, and of one that signs itself', async () => {
    expect(await authenticate(await createServingCertificate(env, ca))).toBeUndefined()
    expect(await authenticate(ca)).toBeUndefined()
    expect(await authenticate(await createCa(env, 'theirs'))).toBeUndefined()
  })

  test('does not take a client for an authority', async () => {
    const bob = await createClientCertificate(env, ca, { user: 'bob' })
    const forged = await createClientCertificate(env, bob, { user: 'admin', groups: ['system:masters'] })
    expect(await authenticate(forged, bob.cert)).toBeUndefined()
    expect(await authenticate(forged, `${ca.cert}${bob.cert}`)).toBeUndefined()
  })

  test('ignores a certificate before and after its time, and after that of its CA', async () => {
    const cert = await createClientCertificate(env, ca, { user: 'bob', days: 10 })
    const day = 24 * 60 * 60 * 1000
    const at = (days: number) => authenticate(cert, ca.cert, { now: () => env.clock.now() + days * day })
    expect([await at(9), await at(11), await at(-1)]).toMatchObject([{ name: 'bob' }, undefined, undefined])
    const short = await createCa(env, 'short', 5)
    const long = await createClientCertificate(env, short, { user: 'bob', days: 10 })
    expect(await authenticate(long, short.cert, { now: () => env.clock.now() + 6 * day })).toBeUndefined()
  })
})
