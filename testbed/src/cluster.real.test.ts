import { existsSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCluster, startHub } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { send, sendJson } from './request.ts'

const deployments = '/apis/apps/v1/namespaces/default/deployments'

function deployment(name: string): object {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 4,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'example.test/web:1' }] } },
    },
  }
}

async function eventually<T>(read: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await read()
    if (isDone(value)) return value
    await sleep(100)
  }
}

describe('startCluster()', () => {
  let hub: ControlPlane
  let cluster: ControlPlane
  beforeAll(async () => {
    ;[hub, cluster] = await Promise.all([startHub(), startCluster({ name: 'east', nodes: 3 })])
  })
  afterAll(async () => {
    await Promise.all([hub?.stop(), cluster?.stop()])
  })

  it('startCluster() gives Ready nodes on which a Deployment becomes available', async () => {
    await sendJson(cluster, 'POST', deployments, deployment('web'))
    const read = async (): Promise<{ status: { availableReplicas?: number } }> =>
      (await sendJson(cluster, 'GET', `${deployments}/web`)) as { status: { availableReplicas?: number } }
    const seen = await eventually(read, ({ status }) => status.availableReplicas === 4)
    expect(seen.status.availableReplicas).toBe(4)
  })

  it('startCluster() lets the pods of a Job complete', async () => {
    const jobs = '/apis/batch/v1/namespaces/default/jobs'
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example.test/once:1' }] } }
    await sendJson(cluster, 'POST', jobs, { metadata: { name: 'once' }, spec: { template } })
    const read = async (): Promise<{ status: { succeeded?: number } }> =>
      (await sendJson(cluster, 'GET', `${jobs}/once`)) as { status: { succeeded?: number } }
    expect((await eventually(read, ({ status }) => status.succeeded === 1)).status.succeeded).toBe(1)
  })

  it('startHub() stores a Deployment and leaves it alone', async () => {
    await sendJson(hub, 'POST', deployments, deployment('web'))
    expect(hub.pids).not.toHaveProperty('kube-scheduler')
    const seen = (await sendJson(hub, 'GET', `${deployments}/web`)) as { status: object }
    expect(seen.status).toEqual({})
  })

  it('kill() and restart() of the API server keep its address and data', async () => {
    const before = hub.pids['kube-apiserver']
    await hub.kill('kube-apiserver')
    await expect(send(hub, { path: '/readyz' })).rejects.toThrow('ECONN')
    await hub.restart('kube-apiserver')
    expect(hub.pids['kube-apiserver']).not.toBe(before)
    expect(await sendJson(hub, 'GET', `${deployments}/web`)).toMatchObject({ metadata: { name: 'web' } })
  })

  it('stop() ends every process and removes the folder', async () => {
    const pids = Object.values(hub.pids)
    await hub.stop()
    expect(pids.filter(isAlive)).toEqual([])
    expect(existsSync(hub.folder)).toBe(false)
  })
})

describe('the watchdog', () => {
  it('the watchdog ends every process when the one that started them is killed', async () => {
    const code = `import(${JSON.stringify(join(import.meta.dirname, 'control-plane.ts'))}).then(async (m) => {
      const hub = await m.startHub()
      console.log(JSON.stringify(Object.values(hub.pids)))
      setInterval(() => undefined, 1000)
    })`
    const parent = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [line] = (await once(parent.stdout, 'data')) as [Buffer]
    const pids = JSON.parse(line.toString()) as readonly number[]
    expect(pids.every(isAlive)).toBe(true)
    parent.kill('SIGKILL')
    await eventually(
      async () => pids.filter(isAlive),
      (alive) => alive.length === 0,
    )
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
