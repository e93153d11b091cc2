// The CEL of cluster affinities: what it may name, and whether it compiles.
import { compileCel, type Program } from '@flotilla/machinery/cel/program'

/** Evaluated for each cluster and policy, so it may cost less than a rule of a kind. In steps. */
const budget = 20_000
/** Fields of `cluster` that members report; people write all others. */
const reported = /\bcluster\s*(?:\.\s*|\[\s*["'])(nodes|kubernetesVersion|properties)\b/

/** Over the variable `cluster`. Throws Invalid where it does not compile, CelLoading until the engine is loaded. */
export function compileClusterExpression(expression: string): Program {
  return compileCel(expression, { variables: ['cluster'], budget })
}

/** The first field in it that a member reports. What depends on one may stop growth, and take nothing away. */
export function reportedFieldIn(expression: string): string | undefined {
  return reported.exec(expression)?.[1]
}
