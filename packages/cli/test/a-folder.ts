// Temporary folders of a test file: removed when its tests, and what they had running there, have ended.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const folders: string[] = []

// Hooks run last first: whoever imports this has ended its servers by then.
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'flotilla-test-'))
  folders.push(folder)
  return folder
}
