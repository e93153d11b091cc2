// Builds the real Kubernetes programs from the modules of `testbed/go.mod`, once for each set of their versions.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type Program = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kubectl' | 'kwok'

/** Absolute path of each program. */
export type Binaries = Readonly<Record<Program, string>>

/** Go package of each program; `server` is what Go calls etcd's. */
const packages: Readonly<Record<Program, string>> = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  kwok: 'sigs.k8s.io/kwok/cmd/kwok',
}

const programs = Object.keys(packages) as readonly Program[]
const testbed = resolve(import.meta.dirname, '..')
const lockWaitMs = 20 * 60_000

/**
 * The programs, built with `go build` when they are not in the cache (minutes the first time). A folder named by
 * KUBEBUILDER_ASSETS is used instead where it has the program. Throws when there is neither Go nor a ready program.
 */
export async function ensureBinaries(): Promise<Binaries> {
  const assets = process.env['KUBEBUILDER_ASSETS']
  const missing = programs.filter((name) => assets === undefined || !existsSync(join(assets, name)))
  const folder = cacheFolder()
  if (missing.some((name) => !existsSync(join(folder, name)))) await underLock(folder, () => build(folder, missing))
  const pathOf = (name: Program): string =>
    join(assets !== undefined && !missing.includes(name) ? assets : folder, name)
  return Object.fromEntries(programs.map((name) => [name, pathOf(name)])) as Record<Program, string>
}

/** Where the programs of the present versions and flags are kept. */
export function cacheFolder(): string {
  const hash = createHash('sha256')
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(testbed, file)))
  hash.update(linkFlags()).update(process.arch)
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache')
  return join(base, 'flotilla', 'testbed', hash.digest('hex').slice(0, 16))
}

/** Kubernetes' programs tell their version by link flags alone. */
function linkFlags(): string {
  const version = /k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/.exec(readFileSync(join(testbed, 'go.mod'), 'utf8'))
  const [, full = '', major = '', minor = ''] = version ?? []
  const at = 'k8s.io/component-base/version'
  return `-s -w -X ${at}.gitVersion=${full} -X ${at}.gitMajor=${major} -X ${at}.gitMinor=${minor} -X ${at}.gitTreeState=clean`
}

async function build(folder: string, wanted: readonly Program[]): Promise<void> {
  const missing = wanted.filter((name) => !existsSync(join(folder, name)))
  if (missing.length === 0) return
  if (spawnSync('go', ['version']).status !== 0) {
    throw new Error(
      `Cannot build ${missing.join(', ')}: Go (1.26 or newer) was not found. Install Go, or name a folder with the programs in KUBEBUILDER_ASSETS`,
    )
  }
  const fresh = mkdtempSync(join(folder, 'build-'))
  const sources = missing.map((name) => packages[name])
  await run('go', ['build', '-trimpath', '-ldflags', linkFlags(), '-o', `${fresh}/`, ...sources])
  for (const name of missing) renameSync(join(fresh, name === 'etcd' ? 'server' : name), join(folder, name))
  rmSync(fresh, { recursive: true })
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, {
    cwd: testbed,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly' },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const code = await new Promise((done, fail) => {
    child.once('error', fail)
    child.once('exit', done)
  })
  if (code !== 0) throw new Error(`Cannot build the testbed: ${command} ended with ${String(code)}`)
}

/** One builder at a time over all processes; a lock whose holder died is taken over. */
async function underLock(folder: string, action: () => Promise<void>): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const lock = join(folder, 'lock')
  const deadline = Date.now() + lockWaitMs
  while (!tryLock(lock)) {
    if (Date.now() > deadline)
      throw new Error(`Cannot build the testbed: ${lock} was held for ${lockWaitMs / 60_000} minutes`)
    await sleep(200)
  }
  try {
    await action()
  } finally {
    rmSync(lock)
  }
}

function tryLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    if (!isHeld(lock)) rmSync(lock, { force: true })
    return false
  }
}

function isHeld(lock: string): boolean {
  try {
    const pid = Number(readFileSync(lock, 'utf8'))
    if (pid > 0) process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
