// kubectl 1.36 against the embedded hub: every command runs against a real kube-apiserver too, and prints the same.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startHub, type ControlPlane } from '@flotilla/testbed/control-plane'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand, type CommandResult } from './src/command.ts'
import { hubKinds, type HubUnderTest } from './src/hub.ts'
import { commands, type KubectlCommand } from './src/kubectl-commands.ts'
import { normalized } from './src/normalized.ts'

describe('kubectl against the embedded hub', () => {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-e2e-kubectl-'))
  const editor = join(folder, 'editor.sh')
  let real: ControlPlane
  let hub: HubUnderTest

  beforeAll(async () => {
    writeFileSync(editor, `#!/bin/sh\nsed -i 's/first: one/first: edited/' "$1"\n`)
    chmodSync(editor, 0o700)
    const embedded = hubKinds[0]
    if (embedded === undefined) throw new Error('There is no embedded hub')
    ;[real, hub] = await Promise.all([startHub(), embedded.start()])
  })
  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]()
    await real?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  function run(kubeconfig: string, { args, input, shell }: KubectlCommand): Promise<CommandResult> {
    const env = { KUBE_EDITOR: editor, KUBECONFIG: kubeconfig, HOME: folder, PATH: `${folder}:${process.env['PATH']}` }
    const options = { env, ...(input === undefined ? {} : { input }) }
    if (shell) return runCommand('sh', ['-c', args.replaceAll('kubectl', real.binaries.kubectl)], options)
    return runCommand(real.binaries.kubectl, args.split(' '), options)
  }

  for (const command of commands) {
    it(`kubectl ${command.args}`, async () => {
      const [ours, theirs] = await Promise.all([run(hub.kubeconfig, command), run(real.kubeconfig, command)])
      const differs = command.differs ?? ((text: string) => text)
      const seen = (result: CommandResult) => ({
        code: result.code,
        stdout: differs(normalized(result.stdout)),
        stderr: differs(normalized(result.stderr)),
      })
      expect(seen(ours)).toEqual(seen(theirs))
      expect(theirs.code, theirs.stderr).toBe(command.code ?? 0)
    })
  }
})
