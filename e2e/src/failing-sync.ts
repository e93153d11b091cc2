// Preloaded into a hub's process (`--import`): from SIGUSR2 on the disk confirms nothing any more, as when it is dying.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

process.once('SIGUSR2', () => {
  isFailing = true
})

let isFailing = false
const { fdatasync } = fs

fs.fdatasync = Object.assign(function failing(file: number, done: fs.NoParamCallback) {
  if (isFailing) done(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }))
  else fdatasync(file, done)
}, fdatasync)
syncBuiltinESMExports()
