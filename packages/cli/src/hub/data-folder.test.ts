import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aFolder } from '../../test/a-folder.ts'
import { openDataFolder, whyNot } from './data-folder.ts'

describe('openDataFolder()', () => {
  it('makes a folder that only its owner may read, and finds it again', () => {
    const path = join(aFolder(), 'a', 'b')
    const first = openDataFolder(path)
    expect([first.isNew, statSync(path).mode & 0o777]).toEqual([true, 0o700])
    first.close()
    const second = openDataFolder(path)
    expect(second.isNew).toBe(false)
    second.close()
  })

  it('lets one in at a time, and names the other', () => {
    using folder = openDataFolder(join(aFolder(), 'hub'))
    expect(() => openDataFolder(folder.path)).toThrow(
      `Cannot use the data folder ${folder.path}: process ${process.pid} is using it. Next: stop that one, or name another folder with --data-dir`,
    )
  })

  it.each([
    {
      name: 'of a newer format',
      files: { 'format.json': '{"format":2}' },
      want: 'its format is 2 and this version of flotilla knows 1. Next: ',
    },
    {
      name: 'of a broken format',
      files: { 'format.json': 'x' },
      want: 'its format.json says no format that this version knows. Next: ',
    },
    {
      name: 'with files of somebody else',
      files: { 'thesis.doc': '' },
      want: 'it holds other files (thesis.doc) and no hub. Next: ',
    },
  ])('refuses a folder $name and changes nothing in it', ({ files, want }) => {
    const path = join(aFolder(), 'hub')
    mkdirSync(path)
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
    expect(() => openDataFolder(path)).toThrow(want)
    expect(readdirSync(path)).toEqual(Object.keys(files))
  })

  it('refuses a path that is a file', () => {
    const path = join(aFolder(), 'file')
    writeFileSync(path, '')
    expect(() => openDataFolder(path)).toThrow(
      `Cannot use the data folder ${path}: it is a file. Next: name another folder with --data-dir`,
    )
  })
})

describe.runIf(process.platform === 'linux')('openDataFolder() in /proc', () => {
  it('says that nothing can be made there', () => {
    expect(() => openDataFolder('/proc/flotilla/hub')).toThrow('nothing can be made there. Next: name another folder')
  })
})

describe('whyNot()', () => {
  it.each([
    {
      error: Object.assign(new Error('x'), { code: 'ENOSPC' }),
      want: 'its disk is full. Next: free some space and start again',
    },
    { error: new Error('database or disk is full'), want: 'its disk is full. Next: free some space and start again' },
    {
      error: new Error('attempt to write a readonly database'),
      want: 'it is not writable for this user. Next: name another folder with --data-dir',
    },
    {
      error: Object.assign(new Error('x'), { code: 'EACCES' }),
      want: 'it is not writable for this user. Next: name another folder with --data-dir',
    },
    { error: new Error('anything else'), want: 'anything else' },
  ])('words $error', ({ error, want }) => {
    expect(whyNot(error)).toBe(want)
  })
})
