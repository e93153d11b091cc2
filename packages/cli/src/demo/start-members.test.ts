import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { aFolder } from '../../test/a-folder.ts'
import { flotilla, testTerminal } from '../../test/test-terminal.ts'
import { runFlotilla } from '../program.ts'

const launcher = resolve(import.meta.dirname, '../../bin/flotilla.js')

/** What a start prints until it says how to stop it, which is then done. */
function started(folder: string, ...args: string[]): Promise<{ readonly out: string; readonly err: string }> {
  const all = [launcher, 'start', '--data-dir', folder, '--listen', '127.0.0.1:0', ...args]
  return new Promise((done, fail) => {
    const child = execFile(process.execPath, all, (error, out, err) => (error ? fail(error) : done({ out, err })))
    onTestFinished(() => void child.kill('SIGKILL'))
    let printed = ''
    const read = (text: string) => {
      printed += text
      if (!printed.includes('Ctrl-C stops')) return
      // A second one would end it at once.
      child.stdout?.off('data', read)
      child.stdout?.resume()
      child.kill('SIGINT')
    }
    child.stdout?.on('data', read)
  })
}

const rowsIn = (text: string) => text.match(/^\S+ +\S+-1 +Ready .*$/gm)

describe('flotilla start --demo with a folder of its own', () => {
  it('goes on where it was, quietly, with all members that the folder holds', async () => {
    const folder = join(aFolder(), 'demo')
    const first = await started(folder, '--demo', '--members', '2', '--nodes', '1')
    expect(rowsIn(first.out)).toHaveLength(2)
    const again = await started(folder, '--demo', '--members', '1', '--nodes', '1')
    expect(again.out).toContain('2 simulated members with 1 node each')
    expect(rowsIn(again.out)).toEqual(rowsIn(first.out))
    // The hub meets its members as it left them.
    expect(again.err).not.toContain('nothing listens there')
    const plain = await started(folder)
    expect(plain.err).toContain(`Warning: ${folder} holds a demo, whose members run only with --demo\n`)
  })

  it('refuses a hub that is no demo, and changes nothing in it', async () => {
    const folder = join(aFolder(), 'hub')
    const args = ['start', '--data-dir', folder, '--listen', '127.0.0.1:0', '--log-level', 'silent']
    const terminal = testTerminal()
    const running = runFlotilla(args, terminal)
    await terminal.printed('Ctrl-C stops it.')
    terminal.stop()
    await running
    expect(await flotilla([...args, '--demo'])).toEqual({
      code: 1,
      out: '',
      err: `Error: Cannot start a demo in ${folder}: a hub that is no demo keeps its data there. Next: name another folder with --data-dir, or leave it out for a temporary one\n`,
    })
  })
})
