// Prints why a template is where it is.
import { createCommandEnv } from '../command-env.ts'
import type { DecisionFlags } from '../commands/decisions.ts'
import { painter } from '../output/colour.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { explanationText, noBindingText } from './explanation-text.ts'
import { explainEvery } from './explain-every.ts'
import { readTemplate } from './read-binding.ts'
import { unknownClusters } from './why.ts'

export async function runExplain(args: readonly string[], flags: DecisionFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const { template, binding, bindings } = await readTemplate(hub.api, args, flags.namespace ?? hub.namespace)
  if (binding === undefined) {
    terminal.out(noBindingText(template, bindings))
    return
  }
  const explained = await explainEvery(hub.api, binding, env.clock.now())
  const { policy, losingPolicies = [], schedulePriority, decision, removals = [] } = binding.spec
  if (format !== 'text') {
    const value = {
      template: binding.spec.workloads[0]?.ref,
      policy,
      losingPolicies,
      schedulePriority,
      decision,
      verdicts: explained.verdicts,
      unknownClusters: unknownClusters(explained),
      removals,
      status: binding.status,
    }
    terminal.out(await formatValue(value, format))
    return
  }
  terminal.out(explanationText({ template, binding, explained, paint: painter(terminal), now: env.clock.now() }))
}
