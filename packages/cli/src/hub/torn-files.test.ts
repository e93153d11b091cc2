// Files of a data folder that are cut short or gone when a hub starts: it has all that was acknowledged, or it refuses,
// naming the file and the way out.
import { cpSync, rmSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { isError } from '@flotilla/machinery/errors'
import { configMaps } from '@flotilla/machinery/well-known-resources'
import { beforeAll, describe, expect, it } from 'vitest'
import { aFolder } from '../../test/a-folder.ts'
import { createCommandEnv } from '../command-env.ts'
import { openDataFolder } from './data-folder.ts'
import { startEmbeddedHub, type EmbeddedHub } from './embedded-hub.ts'

const env = createCommandEnv()
const root = aFolder()
const kept = { namespace: 'default', name: 'kept' }

async function withHub<T>(path: string, run: (hub: EmbeddedHub) => Promise<T>): Promise<T> {
  using folder = openDataFolder(path)
  await using hub = await startEmbeddedHub({ env, folder, listen: { host: '127.0.0.1', port: 0 } })
  return await run(hub)
}

/** A folder as a hub leaves it that was killed (with a write-ahead log) or stopped (without one). */
const killed = join(root, 'killed')
const stopped = join(root, 'stopped')

beforeAll(async () => {
  await withHub(stopped, async ({ api }) => {
    await api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: kept, data: { a: '1' } })
  })
  await withHub(stopped, async ({ api }) => {
    await api.patch(configMaps, kept, { type: 'merge', patch: { data: { a: '2' } } })
    cpSync(stopped, killed, { recursive: true })
  })
})

type Tear = 'half' | 'empty' | 'gone'

function tear(path: string, how: Tear): void {
  if (how === 'gone') rmSync(path)
  else truncateSync(path, how === 'half' ? Math.floor(statSync(path).size / 2) : 0)
}

/** What is kept, or why the hub did not start. */
async function startTorn(from: string, file: string, how: Tear): Promise<string> {
  const path = join(root, `${file}-${how}-${env.uuid()}`)
  cpSync(from, path, { recursive: true })
  tear(join(path, file), how)
  try {
    return await withHub(path, async ({ api }) => JSON.stringify((await api.get(configMaps, kept))['data']))
  } catch (error) {
    if (!isError(error)) throw error
    return error.message.replaceAll(path, 'FOLDER')
  }
}

const all = '{"a":"2"}'
const lost = /^Cannot use FOLDER\/store.sqlite: it ends at revision \d+ and had reached \d+: .* Next: restore the whole/

describe('startEmbeddedHub()', () => {
  it.each<{
    readonly from?: string
    readonly file: string
    readonly how: readonly Tear[]
    readonly want: RegExp | string
  }>([
    {
      file: 'store.sqlite',
      how: ['half'],
      want: /^Cannot read FOLDER\/store.sqlite: .*malformed. Next: restore the data/,
    },
    { file: 'store.sqlite', how: ['empty', 'gone'], want: lost },
    { from: killed, file: 'store.sqlite-wal', how: ['half', 'empty', 'gone'], want: lost },
    {
      file: 'encryption.key',
      how: ['half', 'empty', 'gone'],
      want: /FOLDER\/encryption.key: .*put the original key file/,
    },
    {
      file: 'holder.json',
      how: ['half', 'empty'],
      want: /FOLDER\/holder.json: it holds no identity. Next: restore it/,
    },
    {
      file: 'format.json',
      how: ['half', 'empty'],
      want: /^Cannot use the data folder FOLDER: its format.json .* Next: /,
    },
    {
      file: 'ca.crt',
      how: ['half', 'empty'],
      want: /^Cannot read FOLDER\/ca.crt and FOLDER\/ca.key: .* Next: restore/,
    },
    {
      file: 'ca.key',
      how: ['half', 'empty'],
      want: /^Cannot read FOLDER\/ca.crt and FOLDER\/ca.key: .* Next: restore/,
    },
    {
      file: 'service-account.key',
      how: ['half', 'empty'],
      want: /^Cannot read FOLDER\/service-account.key: .* Next: /,
    },
    { file: 'server.crt', how: ['half'], want: all },
    { file: 'server.key', how: ['empty'], want: all },
    { file: 'admin.crt', how: ['empty'], want: all },
    { file: 'admin.key', how: ['half'], want: all },
    { file: 'store.reached', how: ['half', 'gone'], want: all },
    { file: 'kubeconfig', how: ['half'], want: all },
  ])('with $file $how has everything or says $want', async ({ from = stopped, file, how, want }) => {
    for (const each of how) expect(await startTorn(from, file, each)).toMatch(want)
  })
})
