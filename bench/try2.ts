import { syntheticFleet } from './src/synthetic-fleet.ts'
import { lpBound } from './src/lp-bound.ts'
import { createProblem } from '@flotilla/scheduler/rebalance/problem'
import { rebalance, costOf } from '@flotilla/scheduler/rebalance/solve'
const [load, w, c] = process.argv.slice(2).map(Number)
const f = syntheticFleet({ workloads: w!, clusters: c!, options: 30, load: load!, seed: 1 })
const p = createProblem(f.workloads, f.clusters)
const r = rebalance(p)
const t = performance.now()
const bound = await lpBound(r, 400)
console.log(load, w, c, costOf(r), bound, costOf(r)/bound, performance.now() - t, process.memoryUsage().rss/2**20)
