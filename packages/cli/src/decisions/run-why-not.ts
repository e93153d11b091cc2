// Prints why a template is not on clusters, and what would have it there.
import { apiVersion } from '@flotilla/api/group'
import { readClusters } from '@flotilla/control-plane/what-if/read-hub'
import { answerWhyNot } from '@flotilla/control-plane/what-if/why-not-answers'
import { createCommandEnv } from '../command-env.ts'
import type { WhyNotFlags } from '../commands/decisions.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { chooseClusters } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { noBindingText } from './explanation-text.ts'
import { readTemplate } from './read-binding.ts'
import { refTo } from './ref-to.ts'
import { whyNotText } from './why-not-text.ts'

export async function runWhyNot(args: readonly string[], flags: WhyNotFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const [found, { clusters, rows }] = await Promise.all([
    readTemplate(hub.api, args, flags.namespace ?? hub.namespace),
    readClusters(hub.api),
  ])
  const chosen = chooseClusters(clusters, flags.clusters)
  const answers = await answerWhyNot(env, hub.api, found, { chosen, rows })
  const template = refTo(found.template)
  if (format !== 'text') {
    const spec = { template, clusters: chosen.map(({ metadata }) => metadata.name) }
    terminal.out(await formatValue({ apiVersion, kind: 'WhyNot', spec, status: { answers } }, format))
  } else if (found.bindings.length === 0) terminal.out(noBindingText(found.template, []))
  else terminal.out(whyNotText(template, answers))
}
