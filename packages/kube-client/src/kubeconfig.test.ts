// Kubeconfigs: what is read, what is refused and with which words, and credentials that live on this machine.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { afterAll, describe, expect, it } from 'vitest'
import { resolveKubeAccess } from './kube-access.ts'
import { findContext, parseKubeconfig, type KubeconfigCluster, type KubeconfigUser } from './kubeconfig.ts'

const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
afterAll(() => rmSync(folder, { recursive: true }))

const env = createVirtualEnv({ seed: 1 })
const pem = (text: string) => `-----BEGIN ${text}-----\n`
const base64 = (text: string) => Buffer.from(text).toString('base64')
const good: KubeconfigCluster = { server: 'https://a.example:6443', 'certificate-authority-data': base64(pem('CA')) }

function config(user: KubeconfigUser, cluster: KubeconfigCluster = good) {
  return parseKubeconfig(
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'main',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'main', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
    }),
  )
}

describe('parseKubeconfig()', () => {
  it('reads YAML and resolves a context', async () => {
    const text = `
apiVersion: v1
kind: Config
current-context: two
clusters:
- name: c
  cluster: { server: "https://a.example:6443/", insecure-skip-tls-verify: yes, tls-server-name: api, proxy-url: "http://p:1" }
users:
- name: u
  user: { token: t, as: ann, as-groups: [g] }
contexts:
- name: one
  context: { cluster: c, user: u, namespace: shop }
- name: two
  context: { cluster: c, user: u }
`
    const access = await resolveKubeAccess(parseKubeconfig(text), { env })
    expect(access).toEqual({
      contextName: 'two',
      namespace: 'default',
      server: {
        url: 'https://a.example:6443',
        insecureSkipTlsVerify: true,
        tlsServerName: 'api',
        proxyUrl: 'http://p:1',
      },
      credentials: { token: 't' },
      impersonate: { user: 'ann', groups: ['g'] },
    })
    expect((await resolveKubeAccess(parseKubeconfig(text), { env, context: 'one' })).namespace).toBe('shop')
  })

  it('decodes inline certificates', async () => {
    const user = { 'client-certificate-data': base64(pem('CERT')), 'client-key-data': base64(pem('KEY')) }
    expect(await resolveKubeAccess(config(user), { env })).toMatchObject({
      server: { ca: pem('CA') },
      credentials: { clientCertificate: { certificate: pem('CERT'), key: pem('KEY') } },
    })
  })

  it.each([
    { name: 'text that is nothing', given: '{', want: /neither YAML nor JSON/ },
    { name: 'a list', given: '[]', want: /it holds no clusters/ },
    { name: 'another kind', given: 'kind: Pod', want: /its kind is "Pod", not Config/ },
    { name: 'clusters that are no list', given: 'clusters: 1', want: /clusters is not a list/ },
    { name: 'an entry without a name', given: 'users: [{user: {}}]', want: /users\[0\] has no name/ },
    {
      name: 'an undefined cluster',
      given: 'contexts: [{name: a, context: {cluster: x}}]',
      want: /context a names the cluster "x", which it does not define/,
    },
    { name: 'too much', given: 'a'.repeat(2 ** 20 + 1), want: /at most 1048576 are read/ },
  ])('refuses $name', ({ given, want }) => {
    expect(() => parseKubeconfig(given)).toThrow(want)
  })

  it('quotes nothing of a broken file, which may hold secrets', () => {
    expect(() => parseKubeconfig('users:\n- token: "topsecret\n')).toThrow(/^(?!.*topsecret).*$/s)
  })

  it('findContext() names the contexts that there are', () => {
    expect(() => findContext(config({}), 'gone')).toThrow('it has no context "gone"; its contexts: main')
    expect(() => findContext({ contexts: [] })).toThrow('it sets no current-context; its contexts: none')
  })
})

const refused: readonly { name: string; user?: KubeconfigUser; cluster?: KubeconfigCluster; want: string }[] = [
  {
    name: 'an exec plugin',
    user: { exec: { command: 'x' } },
    want: "users[u].user.exec reaches for a program of the machine, which is refused here: put a ServiceAccount's token or a client certificate into the kubeconfig instead",
  },
  {
    name: 'a token file',
    user: { tokenFile: '/etc/passwd' },
    want: 'users[u].user.tokenFile reaches for files of the machine, which is refused here: put the contents into the kubeconfig',
  },
  {
    name: 'a certificate file',
    user: { 'client-certificate': 'a', 'client-key': 'b' },
    want: 'users[u].user.client-certificate, users[u].user.client-key reaches for files',
  },
  {
    name: 'a CA file',
    cluster: { server: 'https://a', 'certificate-authority': '/x' },
    want: 'clusters[c].cluster.certificate-authority reaches for files',
  },
  {
    name: 'a password',
    user: { username: 'a', password: 'b' },
    want: 'users[u].user has a username and password, which Kubernetes no longer accepts',
  },
  {
    name: 'an auth provider',
    user: { 'auth-provider': {} },
    want: 'users[u].user.auth-provider was removed from Kubernetes',
  },
  {
    name: 'half a certificate',
    user: { 'client-certificate-data': base64(pem('A')) },
    want: 'needs both client-certificate-data and client-key-data',
  },
  {
    name: 'broken data',
    user: { 'client-certificate-data': 'x', 'client-key-data': 'y' },
    want: 'users[u].user.client-certificate-data is not the base64 form of PEM',
  },
  { name: 'no server', cluster: {}, want: 'clusters[c].cluster.server is no http(s) URL: ""' },
  { name: 'another scheme', cluster: { server: 'file:///etc' }, want: 'is no http(s) URL: "file:///etc"' },
  {
    name: 'trust in all and in one',
    cluster: { ...good, 'insecure-skip-tls-verify': true },
    want: 'both certificate-authority-data and insecure-skip-tls-verify',
  },
  {
    name: 'a SOCKS proxy',
    cluster: { ...good, 'proxy-url': 'socks5://x' },
    want: 'proxy-url must begin with http:// or https://',
  },
]

describe('resolveKubeAccess()', () => {
  it.each(refused)('refuses $name', async ({ user = {}, cluster = good, want }) => {
    await expect(resolveKubeAccess(config(user, cluster), { env })).rejects.toThrow(want)
  })

  it('reads files when it may, again after a minute', async () => {
    for (const [name, text] of [
      ['ca', pem('CA')],
      ['cert', pem('CERT')],
      ['key', pem('KEY')],
      ['token', 'one\n'],
    ] as const)
      writeFileSync(join(folder, name), text)
    const given = config(
      { 'client-certificate': 'cert', 'client-key': 'key', tokenFile: 'token' },
      { server: 'https://a', 'certificate-authority': 'ca' },
    )
    const access = await resolveKubeAccess(given, { env, allowLocal: true, folder })
    expect(access.server.ca).toBe(pem('CA'))
    const credentials = access.credentials as (request: { refresh: boolean }) => Promise<unknown>
    expect(await credentials({ refresh: false })).toEqual({
      token: 'one',
      clientCertificate: { certificate: pem('CERT'), key: pem('KEY') },
    })
    writeFileSync(join(folder, 'token'), 'two')
    expect(await credentials({ refresh: false })).toMatchObject({ token: 'one' })
    await env.advance(61_000)
    expect(await credentials({ refresh: false })).toMatchObject({ token: 'two' })
  })

  it('names a file that cannot be read', async () => {
    const given = config({}, { server: 'https://a', 'certificate-authority': 'gone' })
    await expect(resolveKubeAccess(given, { env, allowLocal: true, folder })).rejects.toThrow(
      /certificate-authority: cannot read .*gone \(ENOENT\)/,
    )
  })
})

const plugin = `
const { appendFileSync, readFileSync } = require('node:fs')
appendFileSync(process.env.RUNS, 'run ')
const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
const runs = readFileSync(process.env.RUNS, 'utf8').length / 4
const status = { token: [process.argv[2], info.spec.cluster.server, runs].join(' '), expirationTimestamp: process.env.EXPIRES }
console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: 'ExecCredential', status }))
`

describe('exec plugins', () => {
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const execOf = (script: string, name: string) => ({
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: [write(`${name}.cjs`, script), 'hello'],
    env: [
      { name: 'RUNS', value: join(folder, `${name}.runs`) },
      { name: 'EXPIRES', value: new Date(env.clock.now() + 600_000).toISOString() },
    ],
    provideClusterInfo: true,
    installHint: 'Install it.',
  })
  const credentialsOf = async (exec: NonNullable<KubeconfigUser['exec']>) =>
    (await resolveKubeAccess(config({ exec }), { env, allowLocal: true })).credentials as (request: {
      refresh: boolean
    }) => Promise<unknown>

  it('run once for requests at the same time, and again near the end or when refused', async () => {
    const ask = await credentialsOf(execOf(plugin, 'good'))
    const first = await Promise.all([ask({ refresh: false }), ask({ refresh: false })])
    expect(first).toEqual([{ token: 'hello https://a.example:6443 1' }, { token: 'hello https://a.example:6443 1' }])
    expect(await ask({ refresh: false })).toEqual(first[0])
    expect(await ask({ refresh: true })).toEqual({ token: 'hello https://a.example:6443 2' })
    await env.advance(595_000)
    expect(await ask({ refresh: false })).toEqual({ token: 'hello https://a.example:6443 3' })
  })

  it.each([
    {
      name: 'a plugin that is not installed',
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'no-such-plugin', installHint: 'Install it.' },
      want: 'the exec plugin no-such-plugin: it is not installed. Install it.',
    },
    { name: 'one that fails', exec: execOf('process.exit(3)', 'fails'), want: 'it failed (3)' },
    {
      name: 'one that prints nonsense',
      exec: execOf('console.log("secret")', 'nonsense'),
      want: 'its output is no ExecCredential',
    },
    {
      name: 'one that answers in another version',
      exec: execOf('console.log(JSON.stringify({apiVersion:"client.authentication.k8s.io/v1beta1"}))', 'version'),
      want: 'it answered with client.authentication.k8s.io/v1beta1, not client.authentication.k8s.io/v1',
    },
  ])('name $name', async ({ exec, want }) => {
    const ask = await credentialsOf(exec)
    await expect(ask({ refresh: false })).rejects.toThrow(want)
  })

  it('refuses an unknown protocol', async () => {
    await expect(credentialsOf({ apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 'x' })).rejects.toThrow(
      'known are v1 and v1beta1',
    )
  })
})
