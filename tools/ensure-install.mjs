// Runs `npm ci` when the checkout's dependencies are missing or older than the lockfile, so that `npm start` and
// `npm test` work on a fresh clone. Plain JavaScript that Node 20 runs; no dependency may be needed.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

if (!isInstalled()) install()

/** npm writes what it installed to node_modules/.package-lock.json: it must name what the lockfile names. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installed)) return false
  const wanted = packages(join(root, 'package-lock.json'))
  const found = packages(installed)
  return Object.entries(wanted).every(
    ([path, entry]) =>
      !path || entry.optional || entry.link || !entry.integrity || found[path]?.integrity === entry.integrity,
  )
}

function packages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages
}

function install() {
  process.stderr.write('Installing dependencies (npm ci) …\n')
  const npm = process.env.npm_execpath
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []]
  const done = spawnSync(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (done.status !== 0) {
    process.stderr.write('npm ci failed: see the lines above; flotilla needs npm 10 or newer and the npm registry\n')
    process.exit(1)
  }
}
