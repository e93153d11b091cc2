import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { aFolder } from '../../test/a-folder.ts'
import { closedPort } from '../../test/closed-port.ts'
import { flotilla } from '../../test/test-terminal.ts'
import { openDataFolder } from '../hub/data-folder.ts'
import { kubeconfigText } from '../hub/kubeconfig-file.ts'

const home = aFolder()
let address: string

beforeAll(async () => {
  address = `127.0.0.1:${await closedPort()}`
})

/** A kubeconfig whose hub is not there, in `folder`, which a hub was started in if `isOwn`. */
function kubeconfigIn(folder: string, { isOwn = true, context = 'flotilla' } = {}): string {
  if (isOwn) openDataFolder(folder).close()
  else mkdirSync(folder, { recursive: true })
  const path = join(folder, 'kubeconfig')
  writeFileSync(path, kubeconfigText([{ name: context, server: `https://${address}`, ca: '', client: aPair }]))
  return path
}

const aPair = { cert: '', key: '' }
const status = (variables: Readonly<Record<string, string>>, ...args: string[]) =>
  flotilla(['status', ...args], { HOME: home, ...variables })

describe('connectHub() of a hub that refuses the connection', () => {
  it('sends to flotilla start for the hub of this machine', async () => {
    kubeconfigIn(join(home, '.local/share/flotilla'))
    const { code, err } = await status({})
    expect(err).toMatch(/^Error: Cannot .*: it refused the connection: nothing listens there\. Next: flotilla start /)
    expect(err).toContain(`Next: flotilla start --listen ${address}\n`)
    expect(code).toBe(1)
  })

  it('names the data folder when it is not the default one, quoted for a shell', async () => {
    const folder = join(aFolder(), 'my hub')
    const { err } = await status({ KUBECONFIG: kubeconfigIn(folder) })
    expect(err).toContain(`Next: flotilla start --data-dir '${folder}' --listen ${address}\n`)
  })

  it('starts a demo as one', async () => {
    const folder = join(aFolder(), 'demo')
    const path = kubeconfigIn(folder)
    mkdirSync(join(folder, 'members'))
    expect((await status({}, '--kubeconfig', path)).err).toContain(`Next: flotilla start --demo --data-dir ${folder} `)
  })

  it('sends to flotilla doctor for any other server', async () => {
    const path = kubeconfigIn(aFolder(), { isOwn: false })
    expect((await status({}, '--kubeconfig', path)).err).toContain(
      `nothing listens there. Next: flotilla doctor --kubeconfig ${path}\n`,
    )
    const member = kubeconfigIn(join(aFolder(), 'hub'), { context: 'flotilla/eu-west' })
    expect((await status({ KUBECONFIG: member })).err).toContain('Next: flotilla doctor\n')
  })

  it('is looked at by flotilla doctor, which says the same, once', async () => {
    const path = kubeconfigIn(join(aFolder(), 'hub'))
    const { code, out } = await flotilla(['doctor', '--kubeconfig', path], { HOME: home })
    expect(out).toMatch(/^connect +failed +Cannot connect: .*nothing listens there$/m)
    expect(out.match(/Next: .*/g)).toEqual([expect.stringContaining('Next: flotilla start --data-dir ')])
    expect(code).toBe(1)
  })
})

describe('hubKubeconfigs()', () => {
  it('never falls back to another hub when KUBECONFIG names a file that is not there', async () => {
    const own = kubeconfigIn(join(home, '.local/share/flotilla'))
    const { code, err } = await status({ KUBECONFIG: '/nowhere/kubeconfig' })
    expect(err).toBe(
      'Error: Cannot find the hub: KUBECONFIG names /nowhere/kubeconfig, which is not there; a demo removes its own when it stops. ' +
        `Next: unset KUBECONFIG, for the hub of ${own}\n`,
    )
    expect(code).toBe(1)
  })
})
