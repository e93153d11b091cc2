import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

const launcher = resolve(import.meta.dirname, '../bin/flotilla.js')

it('flotilla ends only when a slow reader has all of its output', async () => {
  // More than a pipe holds (64 KiB), and less than an argument may have (128 KiB).
  const name = 'x'.repeat(120_000)
  const slowly = '"$@" 2>&1 >/dev/null | dd bs=1 2>/dev/null'
  const shell = spawn('sh', ['-c', slowly, 'sh', process.execPath, launcher, name])
  expect((await text(shell.stdout)).length).toBeGreaterThan(name.length)
})
