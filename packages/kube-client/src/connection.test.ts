// What a person reads when a server cannot be reached: which hop failed, and why.
import net from 'node:net'
import tls from 'node:tls'
import type { Resource } from '@flotilla/machinery/resource'
import { createRealEnv } from '@flotilla/runtime/real-env'
import { describe, expect, it } from 'vitest'
import { issueCertificate } from '../test/certificate.ts'
import { authority, json, startTestServer } from '../test/server.ts'
import { createKubeClient } from './client.ts'
import type { ServerAddress } from './credentials.ts'

const env = createRealEnv({ logLevel: 'silent' })
const nodes: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false }
const ca = authority.certificate

async function failureAt(server: ServerAddress) {
  await using client = createKubeClient({ env, server, credentials: {}, limits: { connectMs: 300 } })
  return await client.list(nodes).then(
    () => undefined,
    (error: unknown) => error,
  )
}

/** A server with a certificate of the test authority. */
function certified(name: string, validUntil?: Date) {
  const issued = issueCertificate({
    name,
    issuer: authority,
    dnsNames: [name],
    addresses: name === 'localhost' ? ['127.0.0.1'] : [],
    ...(validUntil === undefined ? {} : { validUntil }),
  })
  return startTestServer((_, response) => json(response, 200, { items: [] }), { certificate: issued })
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('createKubeClient() names the hop that fails', () => {
  it('resolve: no such name', async () => {
    expect(await failureAt({ url: 'https://nowhere.invalid:6443' })).toMatchObject({
      code: 'Unavailable',
      message: expect.stringMatching(/^Cannot list nodes: https:\/\/nowhere\.invalid:6443: .*nowhere\.invalid/),
      details: { hop: 'resolve' },
    })
  })

  it.each(['https', 'http'])('connect: nothing listens (%s)', async (scheme) => {
    expect(await failureAt({ url: `${scheme}://127.0.0.1:${await freePort()}` })).toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining('it refused the connection: nothing listens there'),
      details: { hop: 'connect' },
    })
  })

  it('connect: it accepts and says nothing', async () => {
    const silent = net.createServer(() => undefined).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as net.AddressInfo
    expect(await failureAt({ url: `https://127.0.0.1:${port}`, ca })).toMatchObject({
      code: 'Timeout',
      details: { hop: 'connect' },
    })
    silent.close()
  })

  it.each(['ends', 'destroys'] as const)('connect: it agrees on TLS and %s it there', async (how) => {
    const { certificate: cert, key } = issueCertificate({
      name: 'localhost',
      issuer: authority,
      dnsNames: ['localhost'],
      addresses: ['127.0.0.1'],
    })
    const server = tls.createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => {
      socket.on('error', () => {})
      if (how === 'ends') socket.end()
      else socket.destroy()
    })
    server.on('tlsClientError', () => {}).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as net.AddressInfo
    expect(await failureAt({ url: `https://127.0.0.1:${port}`, ca })).toMatchObject({
      code: 'Unavailable',
      details: { hop: 'connect' },
    })
    server.close()
  })

  it('tls: an authority that is not trusted', async () => {
    await using server = await certified('localhost')
    expect(await failureAt({ url: server.url })).toMatchObject({
      message: expect.stringContaining("signed by an authority that is not trusted: give the cluster's CA"),
      details: { hop: 'tls' },
    })
  })

  it('tls: a certificate for another name, unless that name is expected', async () => {
    await using server = await certified('other.example')
    expect(await failureAt({ url: server.url, ca })).toMatchObject({
      message: expect.stringContaining('its certificate is for another name than 127.0.0.1'),
      details: { hop: 'tls' },
    })
    expect(await failureAt({ url: server.url, ca, tlsServerName: 'other.example' })).toBeUndefined()
    expect(await failureAt({ url: server.url, insecureSkipTlsVerify: true })).toBeUndefined()
  })

  it('tls: an expired certificate', async () => {
    await using server = await certified('localhost', new Date('2021-01-01T00:00:00Z'))
    expect(await failureAt({ url: server.url, ca })).toMatchObject({
      message: expect.stringContaining('its certificate has expired'),
      details: { hop: 'tls' },
    })
  })

  it('tls: a server that speaks plain HTTP', async () => {
    await using server = await startTestServer((_, response) => json(response, 200, {}), { protocol: 'plain' })
    expect(await failureAt({ url: server.url.replace('http:', 'https:'), ca })).toMatchObject({
      message: expect.stringContaining('TLS'),
      details: { hop: 'tls' },
    })
  })

  it('authenticate: credentials that the server does not take', async () => {
    await using server = await startTestServer((_, response) =>
      json(response, 401, { kind: 'Status', message: 'Unauthorized', reason: 'Unauthorized', code: 401 }),
    )
    expect(await failureAt({ url: server.url, ca })).toMatchObject({
      code: 'Unauthenticated',
      details: { hop: 'authenticate' },
    })
  })
})

describe('createKubeClient() with client certificates', () => {
  it('shows the certificate, and a new one on a new connection', async () => {
    const certificates = ['ann', 'bob'].map((name) => issueCertificate({ name, issuer: authority }))
    let current = certificates[0]
    let connections = 0
    await using server = await startTestServer((_, response) => json(response, 200, { items: [] }))
    server.http2?.on('session', () => (connections += 1))
    await using client = createKubeClient({
      env,
      server: { url: server.url, ca },
      credentials: async () => (current === undefined ? {} : { clientCertificate: current }),
    })
    await client.list(nodes)
    await client.list(nodes)
    expect(connections).toBe(1)
    current = certificates[1]
    await client.list(nodes)
    expect(connections).toBe(2)
  })
})
