import { X509Certificate } from 'node:crypto'
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aFolder } from '../../test/a-folder.ts'
import { createCommandEnv } from '../command-env.ts'
import { ensureAdminCertificate, ensureAuthority, ensureServing } from './credentials.ts'

const env = createCommandEnv()

async function credentialsIn(folder: string) {
  mkdirSync(folder, { recursive: true })
  const files = { file: (name: string) => join(folder, name) }
  const ca = await ensureAuthority(env, files, 'ca', 'test')
  const server = await ensureServing(env, files, ca, ['127.0.0.1'])
  const admin = await ensureAdminCertificate(env, files, ca, { user: 'jane' })
  return { ca, server, admin }
}

describe('credentials of a folder', () => {
  it('stay as they are', async () => {
    const folder = aFolder()
    const first = await credentialsIn(folder)
    expect(await credentialsIn(folder)).toEqual(first)
  })

  it.each(['server', 'admin'] as const)('of the %s are issued anew when a crash left another key', async (name) => {
    const [folder, other] = [aFolder(), aFolder()]
    const [first] = [await credentialsIn(folder), await credentialsIn(other)]
    copyFileSync(join(other, `${name}.key`), join(folder, `${name}.key`))
    const again = await credentialsIn(folder)
    expect(again[name].cert).not.toBe(first[name].cert)
    expect(again.ca).toEqual(first.ca)
    expect(await credentialsIn(folder)).toEqual(again)
  })

  it('are issued anew when their authority was', async () => {
    const folder = aFolder()
    await credentialsIn(folder)
    rmSync(join(folder, 'ca.crt'))
    const { ca, server, admin } = await credentialsIn(folder)
    const { publicKey } = new X509Certificate(ca.cert)
    expect([server, admin].map(({ cert }) => new X509Certificate(cert).verify(publicKey))).toEqual([true, true])
  })
})
