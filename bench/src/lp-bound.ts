// The least that a placement could cost if replicas were divisible: a linear program, solved by HiGHS.
import { createRequire } from 'node:module'
import type { Highs } from 'highs'
import type { Assignment } from '@flotilla/scheduler/rebalance/assignment'

/** Its types take an import for what it is not, so it is required. */
const loadHighs = createRequire(import.meta.url)('highs') as () => Promise<Highs>

/** Of as many replicas of each workload as `assignment` places, an hour. Throws when it takes longer than `seconds`. */
export async function lpBound({ problem, placed }: Assignment, seconds: number): Promise<number> {
  const { resources, clusters, workloads, capacity, request, workload, cluster, cost, min, max } = problem
  const highs = await loadHighs()
  const each = resources + 1
  const indices = new Int32Array(cost.length * each)
  const values = new Float64Array(cost.length * each)
  const units = unitsOf(request, resources)
  for (const [option, of] of workload.entries()) {
    indices[option * each] = of
    values[option * each] = 1
    for (let resource = 0; resource < resources; resource++) {
      const at = option * each + 1 + resource
      indices[at] = workloads.length + (cluster[option] ?? 0) * resources + resource
      values[at] = (request[of * resources + resource] ?? 0) / (units[resource] ?? 1)
    }
  }
  const rooms = capacity.map((room, at) => room / (units[at % resources] ?? 1))
  using model = highs.createModel({
    numCols: cost.length,
    numRows: workloads.length + clusters.length * resources,
    colCost: cost,
    colLower: Float64Array.from(min),
    colUpper: Float64Array.from(max),
    rowLower: Float64Array.from([...placed, ...rooms.map(() => -highs.infinity)]),
    rowUpper: Float64Array.from([...placed, ...rooms]),
    matrix: {
      format: 'csc',
      numCols: cost.length,
      numRows: workloads.length + clusters.length * resources,
      starts: Int32Array.from({ length: cost.length + 1 }, (_, column) => column * each),
      indices,
      values,
    },
  })
  model.options.set({ output_flag: false, time_limit: seconds })
  model.run()
  if (model.getModelStatus() !== highs.constants.modelStatus.optimal) {
    throw new Error(
      `HiGHS found no bound of ${cost.length} variables in ${seconds} s: status ${model.getModelStatus()}`,
    )
  }
  return model.getObjectiveValue()
}

/** The largest request of each resource: keeps the coefficients near 1. */
function unitsOf(request: Float64Array, resources: number): readonly number[] {
  return Array.from({ length: resources }, (_, resource) =>
    request.reduce((most, units, at) => (at % resources === resource ? Math.max(most, units) : most), 1),
  )
}
