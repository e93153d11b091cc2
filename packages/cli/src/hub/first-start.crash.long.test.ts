// A first start that is killed as soon as it makes something new, again and again, until it gets through.
import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, watch } from 'node:fs'
import { join, resolve } from 'node:path'
import { createKubeClient } from '@flotilla/kube-client/client'
import { customResourceDefinitions } from '@flotilla/machinery/well-known-resources'
import { expect, onTestFinished, test } from 'vitest'
import { aFolder } from '../../test/a-folder.ts'
import { createCommandEnv } from '../command-env.ts'
import { accessBy } from '../reach/kubeconfig-files.ts'
import { openDataFolder } from './data-folder.ts'
import { startEmbeddedHub } from './embedded-hub.ts'

const launcher = resolve(import.meta.dirname, '../../bin/flotilla.js')

/** Starts a hub and kills it at the first file that `known` does not have. False: it served before it made one. */
async function killedAtNewFile(folder: string, known: Set<string>): Promise<boolean> {
  const args = [launcher, 'start', '--data-dir', folder, '--listen', '127.0.0.1:0']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  // Drafts have names of their own each time.
  const isNew = (name: string) => !known.has(name) && /^[a-z-]+(\.[a-z]+)?$/.test(name)
  const watcher = watch(folder)
  onTestFinished(() => watcher.close())
  const made = new Promise<boolean>((done) => {
    watcher.on('change', () => readdirSync(folder).some(isNew) && done(true))
  })
  const served = new Promise<boolean>((done) => child.stdout.once('data', () => done(false)))
  const ended = new Promise<unknown>((done) => child.once('exit', (code, signal) => done(signal ?? code)))
  const isKilled = await Promise.race([made, served, ended.then(() => false)])
  child.kill('SIGKILL')
  expect(await ended).toBe('SIGKILL')
  watcher.close()
  for (const name of readdirSync(folder)) known.add(name)
  return isKilled
}

test('flotilla start gets through although each start before was killed when it had made one thing more', async () => {
  const folder = join(aFolder(), 'hub')
  mkdirSync(folder, { mode: 0o700 })
  const known = new Set<string>()
  let kills = 0
  while (await killedAtNewFile(folder, known)) kills++
  expect(kills).toBeGreaterThan(3)

  const env = createCommandEnv()
  using data = openDataFolder(folder)
  await using hub = await startEmbeddedHub({ env, folder: data, listen: { host: '127.0.0.1', port: 0 } })
  await using api = createKubeClient({ env, ...(await accessBy(env, [hub.kubeconfig])) })
  expect((await api.list(customResourceDefinitions)).items.length).toBeGreaterThan(0)
})
