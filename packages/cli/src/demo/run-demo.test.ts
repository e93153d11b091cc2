import type { ExplanationStatus } from '@flotilla/api/explanation'
import type { WhyNotSpec, WhyNotStatus } from '@flotilla/api/why-not'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCommandEnv } from '../command-env.ts'
import { startDemoMember } from './demo-member.ts'
import { startTestDemo, type TestDemo } from '../../test/test-demo.ts'
import { parse, stringify } from 'yaml'

let demo: TestDemo

beforeAll(async () => {
  demo = await startTestDemo(['--members', '3', '--nodes', '1'])
}, 60_000)
afterAll(() => demo[Symbol.asyncDispose]())

describe('flotilla start --demo', () => {
  it('shows where the replicas run, divided 3:2:1, when all of them are ready', () => {
    const rows = demo.output().match(/^(\S+) +\S+-1 +Ready +1 +(\d+\/\d+)/gm)
    expect(rows?.map((row) => row.split(/ +/)).map(([name, , , , ready]) => [name, ready])).toEqual([
      ['ap-south', '2/2'],
      ['eu-west', '6/6'],
      ['us-east', '4/4'],
    ])
  })

  it('prints next commands with the path of the kubeconfig', () => {
    expect(demo.output()).toContain(`export KUBECONFIG=${demo.kubeconfig}`)
  })

  it('refuses a second process on its folder, naming both', async () => {
    const { code, err } = await demo.run('start', '--data-dir', join(demo.folder, 'data'), '--listen', '127.0.0.1:0')
    expect(code).toBe(1)
    expect(err).toContain(`Cannot use the data folder ${join(demo.folder, 'data')}: process ${process.pid} is using it`)
  })

  it('refuses a port in use and creates no folder', async () => {
    const [, port = ''] = /Hub at https:\/\/127\.0\.0\.1:(\d+)/.exec(demo.output()) ?? []
    const folder = join(demo.folder, 'other')
    const { code, err } = await demo.run('start', '--data-dir', folder, '--listen', `127.0.0.1:${port}`)
    expect(code).toBe(1)
    expect(err).toContain(`Cannot listen on 127.0.0.1:${port}: the port is in use. Next: `)
    expect(existsSync(folder)).toBe(false)
  })
})

describe('flotilla get', () => {
  it('merges the tables of all members, NAME first, then CLUSTER, AGE last', async () => {
    const { code, out } = await demo.run('get', 'deploy', '-n', 'shop')
    expect(code).toBe(0)
    expect(out.replace(/\d+s$/gm, 'AGE')).toBe(
      [
        'NAME   CLUSTER    READY   UP-TO-DATE   AVAILABLE   AGE',
        'web    ap-south   2/2     2            2           AGE',
        'web    eu-west    6/6     6            6           AGE',
        'web    us-east    4/4     4            4           AGE',
        '',
      ].join('\n'),
    )
  })

  it('adds NAMESPACE with -A, and no CLUSTER when one cluster is asked', async () => {
    const { out } = await demo.run('get', 'deployments.apps', '-A', '-C', 'eu-west')
    expect(out).toMatch(/^NAMESPACE +NAME +READY +UP-TO-DATE +AVAILABLE +AGE\nshop +web +6\/6/)
  })

  it.each([
    { name: 'a table', args: [], want: /^web +ap-south +2\/2 / },
    { name: 'names', args: ['-o', 'name'], want: /^deployment\.apps\/web$/ },
  ])('prints $name of what there is when one of the names is nowhere, and fails', async ({ args, want }) => {
    const { code, err, out } = await demo.run('get', 'deploy', 'none', 'web', '-n', 'shop', ...args)
    expect(out.split('\n').some((line) => want.test(line))).toBe(true)
    expect([code, err]).toEqual([1, 'Error: Cannot get deploy none: not found on any cluster\n'])
  })

  it('asks a cluster once, however often it is named', async () => {
    const { out } = await demo.run('get', 'deploy', '-n', 'shop', '-C', 'eu-west,eu-west,', '-o', 'name')
    expect(out).toBe('deployment.apps/web\n')
    expect((await demo.run('get', 'deploy', '-n', 'shop', '-C', 'eu-west,eu-west,')).out.split('\n')).toHaveLength(3)
  })

  it('says where nothing was found', async () => {
    expect((await demo.run('get', 'pods')).err).toBe('No resources found in namespace default\n')
    expect((await demo.run('describe', 'pods', '-A', '-l', 'a=b')).err).toBe('No resources found\n')
  })

  it('says whose each object is with -o json', async () => {
    const { out } = await demo.run('get', 'deployment', 'web', '-n', 'shop', '-o', 'json')
    const list = JSON.parse(out) as { items: { metadata: { annotations: Record<string, string> } }[] }
    expect(list.items.map(({ metadata }) => metadata.annotations['flotilla.dev/cluster'])).toEqual([
      'ap-south',
      'eu-west',
      'us-east',
    ])
  })

  it.each([
    { name: 'name', args: ['-o', 'name'], want: 'deployment.apps/web\n' },
    { name: 'jsonpath', args: ['-o', 'jsonpath={.items[*].spec.replicas}'], want: '2 6 4' },
  ])('prints $name', async ({ args, want }) => {
    expect((await demo.run('get', 'deploy/web', '-n', 'shop', ...args)).out).toBe(want)
  })

  it.each([
    {
      name: 'an object that nobody has',
      args: ['get', 'deploy/none', '-n', 'shop'],
      want: 'Error: Cannot get deploy none: not found on any of 3 clusters\n',
    },
    {
      name: 'an object that the one cluster asked does not have, as json',
      args: ['get', 'deploy/none', '-C', 'eu-west', '-o', 'json'],
      want: 'Error: Cannot get deploy none: not found on cluster eu-west\n',
    },
    {
      name: 'a kind that nobody serves',
      args: ['get', 'gadgets', '-C', 'all'],
      want: 'Error: Cannot get gadgets: no cluster serves gadgets. Next: kubectl api-resources\n',
    },
    {
      name: 'the description of a kind that nobody serves',
      args: ['describe', 'gadgets', 'x'],
      want: 'Error: Cannot get gadgets x: no cluster serves gadgets',
    },
    {
      name: 'a cluster that is not registered',
      args: ['get', 'pods', '-C', 'mars'],
      want: 'it is not registered; registered: ap-south, eu-west, us-east',
    },
    {
      name: 'to look at a cluster that is not registered',
      args: ['doctor', 'cluster', 'mars'],
      want: 'it is not registered; registered: ap-south, eu-west, us-east',
    },
    {
      name: 'labels that no cluster has',
      args: ['get', 'pods', '-C', 'env=prod'],
      want: 'no cluster has the labels env=prod',
    },
    {
      name: 'a kind of the hub',
      args: ['get', 'PropagationPolicy', '-n', 'shop'],
      want: 'propagationpolicies are on the hub, not on members. Next: kubectl get propagationpolicies -A\n',
    },
    { name: 'no type', args: ['get', ''], want: 'Error: Cannot read : it names no type, such as pods\n' },
    { name: 'several types', args: ['get', 'pods,svc'], want: 'it needs one type at a time' },
    {
      name: 'a name everywhere',
      args: ['get', 'deploy/web', '-A'],
      want: 'Error: Cannot read deploy web with -A: -A chooses objects and so does a name. Next: leave one out\n',
    },
    {
      name: 'a selector that is none, without asking anybody',
      args: ['describe', 'pods', '-l', 'a=b,,'],
      want: "Error: Cannot read the label selector a=b,,: found ',', expected: identifier after ','. Next: KEY=VALUE",
    },
    { name: 'no cluster named', args: ['get', 'pods', '-C', ','], want: 'Error: Cannot ask any member: -C names none' },
    {
      name: 'clusters by name and by label',
      args: ['clusters', 'eu-west', '-l', 'env=demo'],
      want: '-l chooses clusters and so does a name. Next: leave one out',
    },
    {
      name: 'a server that is no hub',
      args: ['status', '--context', 'flotilla/eu-west'],
      want: ' is no hub: it does not serve clusters. Next: choose the context of the hub with --context, or ',
    },
    { name: 'a format that there is not', args: ['get', 'pods', '-o', 'xml'], want: 'Cannot print as xml' },
    { name: 'a mixture of types', args: ['get', 'deploy/web', 'pod/x'], want: 'Cannot read deploy/web pod/x' },
  ])('refuses $name with exit code 1', async ({ args, want }) => {
    const { code, err } = await demo.run(...args)
    expect(err).toContain(want)
    expect(code).toBe(1)
  })
})

describe('flotilla describe', () => {
  it('shows the object of each chosen member with its conditions', async () => {
    const { out } = await demo.run('describe', 'deploy/web', '-n', 'shop', '-C', 'us-east')
    expect(out).toMatch(/^Cluster: +us-east\nKind: +Deployment\nName: +web\n/)
    expect(out).toContain('MinimumReplicasAvailable')
  })
})

describe('flotilla explain', () => {
  it('shows policy, verdicts and replicas', async () => {
    const { code, out } = await demo.run('explain', 'deployment/web', '-n', 'shop')
    expect(code).toBe(0)
    expect(out).toContain('Deployment shop/web: 12 replicas\nPolicy: PropagationPolicy shop/web\n')
    expect(out).toMatch(/^eu-west +Chosen +6 +6 +Applied/m)
  })

  it('names what a follower follows', async () => {
    const { out } = await demo.run('explain', 'configmap/web-config', '-n', 'shop')
    expect(out).toContain('ConfigMap shop/web-config follows what needs it:\n  Deployment web on ')
  })

  it('says that no policy selects a template', async () => {
    const { out } = await demo.run('explain', 'namespace/shop')
    expect(out).toContain('Namespace shop goes nowhere: no policy selects it. Next: ')
  })

  it('gives all of it as json', async () => {
    const { out } = await demo.run('explain', 'deploy', 'web', '-n', 'shop', '-o', 'json')
    const { answers } = (JSON.parse(out) as { status: ExplanationStatus }).status
    expect(answers[0]?.verdicts.map(({ name }) => name).toSorted()).toEqual(['ap-south', 'eu-west', 'us-east'])
    expect(answers[0]?.policy?.name).toBe('web')
  })
})

describe('flotilla why-not', () => {
  it('says how much of a workload is there already, and why so much', async () => {
    const { code, out, err } = await demo.run('why-not', 'deployment/web', '-n', 'shop', '-C', 'eu-west')
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^Deployment shop\/web is on eu-west already: 6 of 12 replicas; \d+ more would fit\n/)
    expect(out).toContain('Why:\n  staticWeightList: weight 3 of 6, which is 6 of 12 replicas\n')
  })

  it('answers of a follower for the workloads that it goes with', async () => {
    const { out } = await demo.run('why-not', 'cm/web-config', '-n', 'shop', '-C', 'us-east')
    expect(out).toMatch(
      /^ConfigMap shop\/web-config goes where its workloads go: Deployment shop\/web\n\nDeployment shop\/web is on us-east/,
    )
  })

  it('says that no policy selects a template', async () => {
    const { out } = await demo.run('why-not', 'namespace/shop', '-C', 'us-east')
    expect(out).toContain('Namespace shop goes nowhere: no policy selects it. Next: ')
  })

  it('names the clusters that there are', async () => {
    const { code, err } = await demo.run('why-not', 'deployment/web', '-n', 'shop', '-C', 'mars')
    expect(code).toBe(1)
    expect(err).toContain('it is not registered; registered: ap-south, eu-west, us-east')
  })

  it.each(['json', 'yaml'])('answers as %s, one for each cluster', async (format) => {
    const { out } = await demo.run('why-not', 'deploy', 'web', '-n', 'shop', '-C', 'all', '-o', format)
    const { spec, status } = parse(out) as { spec: WhyNotSpec; status: WhyNotStatus }
    expect(spec.template).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' })
    const found = status.answers.map(({ cluster, verdict, replicas }) => [cluster, verdict, replicas])
    expect(found).toEqual([
      ['ap-south', 'Placed', 2],
      ['eu-west', 'Placed', 6],
      ['us-east', 'Placed', 4],
    ])
  })
})

describe('flotilla render', () => {
  it("prints the cluster's share", async () => {
    const { code, out } = await demo.run('render', 'deploy/web', '-n', 'shop', '-C', 'us-east')
    expect(code).toBe(0)
    expect(out).toMatch(/^# on cluster us-east\napiVersion: apps\/v1\nkind: Deployment\n/)
    expect(out).toContain('replicas: 4')
  })
})

describe('flotilla drift', () => {
  it('says that nothing of a namespace is placed', async () => {
    const { code, err } = await demo.run('drift')
    expect([code, err]).toEqual([0, 'Nothing of namespace default is placed on members. Next: flotilla drift -A\n'])
  })

  it('finds none while members hold what is stated', async () => {
    const { code, err } = await demo.run('drift', '-A')
    expect([code, err]).toEqual([0, 'No drift: members hold what is stated\n'])
  })
})

describe('flotilla clusters, status and doctor', () => {
  it('tells no labels from no clusters', async () => {
    expect((await demo.run('clusters', '-l', 'a=b')).err).toBe(
      'No cluster has the labels a=b. Next: flotilla clusters\n',
    )
  })

  it('list what is registered', async () => {
    const { out } = await demo.run('clusters')
    expect(out.split('\n')[0]).toBe('NAME       READY   VERSION            REGION       NODES   LATENCY   PLACED   AGE')
    expect(out).toMatch(/^eu-west +True +v1\.36\.\S+ +eu-west-1 +1\/1 +\d+ms +1 +\d+s$/m)
  })

  it('sum up', async () => {
    const { code, out } = await demo.run('status')
    expect(code).toBe(0)
    expect(out).toMatch(/^Hub +https:\/\/127\.0\.0\.1:\d+ \(v1\.36/)
    expect(out).toContain('Clusters   3 of 3 ready, 3 of 3 nodes ready\nPlaced     1: 1 healthy\n')
  })

  it.each([{ args: ['doctor'] }, { args: ['doctor', 'cluster', 'eu-west'] }])(
    '$args finds nothing wrong',
    async ({ args }) => {
      const { code, out } = await demo.run(...args)
      expect(out).not.toContain('failed')
      expect(out).toMatch(/^authenticate +ok +as /m)
      expect(code).toBe(0)
    },
  )
})

describe('a member that is joined and dies', () => {
  it('is joined step by step, named on standard error once dead, and taken off with --force', async () => {
    const folder = join(demo.folder, 'extra')
    const place = { name: 'extra', region: 'eu-west-1' }
    const member = await startDemoMember({ env: createCommandEnv(), place, nodes: 1, folder, isKept: false })
    const file = join(folder, 'kubeconfig')
    await writeMemberKubeconfig(file, member.access)

    const joined = await demo.run(
      'join',
      'extra',
      '--cluster-kubeconfig',
      file,
      '--region',
      'eu-west-1',
      '--label',
      'tier=test',
    )
    expect(joined.err).toBe('')
    expect(joined.out).toMatch(
      /Registering Cluster extra\ncluster\/extra joined\n[\s\S]*cluster\/extra ready: Kubernetes v1\.36/,
    )
    const twice = await demo.run('join', 'other', '--cluster-kubeconfig', file)
    expect(twice.err).toContain('Error: Cannot join as other: this cluster')
    const again = await demo.run('join', 'extra', '--cluster-kubeconfig', file)
    expect(again.code).toBe(0)

    await member[Symbol.asyncDispose]()
    const partial = await demo.run('get', 'nodes', '-C', 'eu-west,extra', '--timeout', '2s')
    expect(partial.code).toBe(4)
    expect(partial.out).toContain('eu-west-node-1')
    expect(partial.err).toMatch(
      /^Error: Cluster extra did not answer: Cannot get nodes: https:.*nothing listens there.* Next: flotilla doctor cluster extra\n$/,
    )

    const silent = await demo.run('get', 'nodes', '-C', 'extra', '--timeout', '2s')
    expect([silent.code, silent.out]).toEqual([4, ''])

    const doctor = await demo.run('doctor', 'cluster', 'extra')
    expect(doctor.code).toBe(1)
    expect(doctor.out).toMatch(/^connect +failed +Cannot connect/m)
    expect(doctor.out).toMatch(/^tls +skipped +because connect failed/m)

    const gone = await demo.run('unjoin', 'extra', '--force')
    expect([gone.code, gone.out]).toEqual([0, 'cluster/extra unjoined\n'])
    await rm(folder, { recursive: true, force: true })
  }, 60_000)
})

/** As a person's own kubeconfig says it. */
async function writeMemberKubeconfig(
  path: string,
  access: Awaited<ReturnType<typeof startDemoMember>>['access'],
): Promise<void> {
  const { writeFile } = await import('node:fs/promises')
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'extra',
    contexts: [{ name: 'extra', context: { cluster: 'extra', user: 'admin' } }],
    clusters: [{ name: 'extra', cluster: { server: access.server, 'certificate-authority-data': base64(access.ca) } }],
    users: [
      {
        name: 'admin',
        user: { 'client-certificate-data': base64(access.client.cert), 'client-key-data': base64(access.client.key) },
      },
    ],
  }
  await writeFile(path, stringify(config))
}
