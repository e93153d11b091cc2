#!/usr/bin/env node
// Starts the CLI; an older Node re-executes with the one bundled as the npm package `node`.
// Plain JavaScript that Node 20 can parse, since it must run before type stripping exists.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
const isCurrent = major > 26 || (major === 26 && minor >= 5)

if (isCurrent) {
  // Before anything else is loaded: types are stripped and code is compiled once, not at each start.
  const { enableCompileCache } = await import('node:module')
  enableCompileCache()
  await import('../src/main.ts')
} else {
  const child = spawn(bundledNode(), [import.meta.filename ?? process.argv[1], ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 1)))
}

/** Path of the Node executable that the npm package `node` installed. */
function bundledNode() {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'))
    return join(folder, 'bin', 'node')
  } catch {
    process.stderr.write(
      `flotilla needs Node 26.5 or newer and found ${process.versions.node}: run npm ci in the checkout, which installs it\n`,
    )
    process.exit(1)
  }
}
