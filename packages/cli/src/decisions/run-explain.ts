// Prints why a template is where it is.
import { apiVersion } from '@flotilla/api/group'
import { explainTemplate } from '@flotilla/control-plane/what-if/explain'
import { explainEvery } from '@flotilla/control-plane/what-if/explain-every'
import { createCommandEnv } from '../command-env.ts'
import type { DecisionFlags } from '../commands/decisions.ts'
import { painter } from '../output/colour.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { explanationText, noBindingText } from './explanation-text.ts'
import { readTemplate } from './read-binding.ts'
import { refTo } from './ref-to.ts'

export async function runExplain(args: readonly string[], flags: DecisionFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const found = await readTemplate(hub.api, args, flags.namespace ?? hub.namespace)
  const { template, binding, bindings } = found
  const now = env.clock.now()
  if (format !== 'text') {
    const status = await explainTemplate(hub.api, found, now)
    const review = { apiVersion, kind: 'Explanation', spec: { template: refTo(template) }, status }
    terminal.out(await formatValue(review, format))
  } else if (binding === undefined) terminal.out(noBindingText(template, bindings))
  else {
    const explained = await explainEvery(hub.api, binding, now)
    terminal.out(explanationText({ template, binding, explained, paint: painter(terminal), now }))
  }
}
