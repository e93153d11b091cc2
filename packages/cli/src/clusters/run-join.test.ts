import { clusterResource } from '@flotilla/api/cluster'
import type { KubeconfigEntry } from '../hub/kubeconfig-file.ts'
import { kubeconfigText } from '../hub/kubeconfig-file.ts'
import { createKubeClient } from '@flotilla/kube-client/client'
import type { KubeObject } from '@flotilla/machinery/object'
import { leases, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closedPort } from '../../test/closed-port.ts'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'
import { createCommandEnv } from '../command-env.ts'
import type { DemoMember } from '../demo/demo-member.ts'
import type { EmbeddedHub } from '../hub/embedded-hub.ts'

const env = createCommandEnv()
let t: TestHub
let hub: EmbeddedHub
let member: DemoMember
let other: DemoMember

beforeAll(async () => {
  t = await startTestHub()
  hub = t.hub
  member = await t.startMember('one')
  other = await t.startMember('two')
}, 60_000)
afterAll(() => t[Symbol.asyncDispose]())

const file = (text: string) => t.file(text)

const kubeconfig = (change: Partial<KubeconfigEntry> = {}) => kubeconfigText([{ ...member.access, ...change }])

const run = (name: string, path: string, ...args: string[]) =>
  t.run('join', name, '--cluster-kubeconfig', path, ...args)

describe('flotilla join', () => {
  it.each([
    { name: 'no file', path: () => '/nowhere/k', want: 'Cannot read the kubeconfig /nowhere/k: there is no such file' },
    { name: 'no kubeconfig', path: () => file('just text'), want: 'it holds no clusters, users and contexts' },
    {
      name: 'an exec plugin that is not there',
      path: () =>
        file(
          kubeconfig().replace(
            /client-certificate-data: .*\n +client-key-data: .*/,
            'exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin}',
          ),
        ),
      want: 'from the exec plugin no-such-plugin: it is not installed. Next: ',
    },
    {
      name: 'a certificate file that is not there',
      path: () => file(kubeconfig().replace(/client-certificate-data: .*/, 'client-certificate: /nowhere/crt')),
      want: 'cannot read /nowhere/crt (ENOENT)',
    },
    {
      name: 'an unreachable endpoint',
      path: async () => file(kubeconfig({ server: `https://127.0.0.1:${await closedPort()}` })),
      want: 'nothing listens there. Next: check that kubectl reaches it',
    },
    {
      name: 'a wrong certificate',
      path: () => file(kubeconfig({ ca: other.access.ca })),
      want: "signed by an authority that is not trusted: give the cluster's CA. Next: put the cluster's own CA",
    },
    {
      name: 'credentials that the cluster does not know',
      path: () => file(kubeconfig({ client: other.access.client })),
      want: 'Next: renew the credentials in its kubeconfig and join again',
    },
    {
      name: 'TLS that is not verified, unless it is typed',
      path: () => file(kubeconfig().replace(/certificate-authority-data: .*/, 'insecure-skip-tls-verify: true')),
      want: 'its kubeconfig says insecure-skip-tls-verify. Next: ',
    },
    {
      name: 'plain http',
      path: () => file(kubeconfig({ server: member.access.server.replace('https', 'http') })),
      want: 'Next: ',
    },
    {
      name: 'the hub itself',
      path: () => hub.kubeconfig,
      want: ' is the hub itself. Next: choose the context of the cluster with --cluster-context\n',
    },
    { name: 'a name that is none', as: 'No_Name', path: () => file(kubeconfig()), want: 'metadata.name' },
    {
      name: 'a label that is none',
      path: () => file(kubeconfig()),
      args: ['--label', 'x'],
      want: 'Cannot read the label x: it is not KEY=VALUE',
    },
    {
      name: 'a context that is not there',
      path: () => file(kubeconfig()),
      args: ['--cluster-context', 'y'],
      want: 'has no context "y"',
    },
  ])('refuses $name and registers nothing', async ({ path, as = 'new', args = [], want }) => {
    const { code, err } = await run(as, await path(), ...args)
    expect(err).toContain(want)
    expect(err).toMatch(/^Error: Cannot /)
    expect(code).toBe(1)
    expect((await hub.api.list(clusterResource)).items).toEqual([])
  })

  it('shows with --dry-run what it would create, and creates nothing', async () => {
    const { code, out } = await run('new', file(kubeconfig()), '--dry-run')
    expect(code).toBe(0)
    expect(out).toContain('kind: ClusterRole\nmetadata:\n  name: flotilla-hub\n')
    expect(out).toMatch(/cluster\/new joined \(dry run\)\n$/)
    expect((await hub.api.list(clusterResource)).items).toEqual([])
  })

  it('refuses a cluster that another hub manages until --take-over, then its name for another cluster', async () => {
    const { access } = member
    const credentials = { clientCertificate: { certificate: access.client.cert, key: access.client.key } }
    await using api = createKubeClient({ env, server: { url: access.server, ca: access.ca }, credentials })
    await api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flotilla-system' } })
    await api.create(leases, aLeaseOf('another'))
    const refused = await run('one', file(kubeconfig()))
    expect(refused.err).toContain('Cannot join one: it is managed by another hub, another. ')
    expect((await hub.api.list(clusterResource)).items).toEqual([])

    const joined = await run('one', file(kubeconfig()), '--take-over')
    expect([joined.err, joined.code]).toEqual(['', 0])
    expect(joined.out).toContain('Ending the claim of hub another\n')
    const taken = await run('one', file(kubeconfigText([other.access])))
    expect(taken.err).toContain('Error: Cannot join as one: the name belongs to cluster ')
    const gone = await t.run('unjoin', 'one')
    expect([gone.err, gone.code]).toEqual(['', 0])
    expect((await hub.api.list(clusterResource)).items).toEqual([])
  }, 90_000)
})

function aLeaseOf(hubId: string): KubeObject {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'flotilla-hub', namespace: 'flotilla-system', annotations: { 'flotilla.dev/hub-id': hubId } },
    spec: { holderIdentity: 'somebody' },
  }
}
