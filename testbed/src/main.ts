// Real control planes by hand: `npm run testbed -- up 3 --nodes 5`, `npm run testbed -- build`.
import { parseArgs } from 'node:util'
import { cacheFolder, ensureBinaries } from './binaries.ts'
import { startCluster, startHub } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'

const usage = `usage: npm run testbed -- build             builds the programs
       npm run testbed -- up N [--nodes M]  runs N clusters of M nodes (3) until Ctrl-C
       npm run testbed -- hub               runs a bare hub until Ctrl-C`

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { nodes: { type: 'string', default: '3' }, help: { type: 'boolean', short: 'h' } },
})
const [command, count = '1'] = positionals

if (values.help === true) {
  console.log(usage)
} else if (command === 'build') {
  await ensureBinaries()
  console.log(cacheFolder())
} else if (command === 'up') {
  const nodes = Number(values.nodes)
  const names = Array.from({ length: Number(count) }, (_, index) => `cluster-${index + 1}`)
  await runUntilInterrupted(names.map((name) => () => startCluster({ name, nodes })))
} else if (command === 'hub') {
  await runUntilInterrupted([() => startHub()])
} else {
  console.error(usage)
  process.exitCode = 2
}

async function runUntilInterrupted(starts: readonly (() => Promise<ControlPlane>)[]): Promise<void> {
  const interrupted = new Promise<void>((done) => {
    process.once('SIGINT', () => done())
    process.once('SIGTERM', () => done())
  })
  const planes = await Promise.all(starts.map((start) => start()))
  for (const plane of planes) console.log(`${plane.name}\t${plane.kubeconfig}`)
  const [first] = planes
  if (command === 'up' && first !== undefined) {
    console.log(`Join one: flotilla join ${first.name} --cluster-kubeconfig ${first.kubeconfig}`)
  }
  console.log('Ctrl-C stops everything.')
  const alive = setInterval(() => undefined, 60_000)
  await interrupted
  clearInterval(alive)
  await Promise.all(planes.map((plane) => plane.stop()))
}
