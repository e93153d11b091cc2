// Prints what is stated of a template on clusters, Secrets masked.
import { maskSecret } from '@flotilla/control-plane/delivery/masks'
import { FlotillaError } from '@flotilla/machinery/errors'
import { createCommandEnv } from '../command-env.ts'
import type { RenderFlags } from '../commands/decisions.ts'
import { formatValue, parseValueFormat } from '../output/print-value.ts'
import { askAll, exitOnFailures, openFleet, reportFailures } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import type { Terminal } from '../terminal.ts'
import { readTemplate } from './read-binding.ts'
import { Renderer, titleOf, type RenderedOn } from './rendering.ts'

export async function runRender(args: readonly string[], flags: RenderFlags, terminal: Terminal): Promise<void> {
  const format = parseValueFormat(flags.output)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  const from = await readTemplate(hub.api, args, flags.namespace ?? hub.namespace)
  await using fleet = await openFleet({ env, hub: hub.api, clusters: flags.clusters, timeoutMs: flags.timeout })
  const renderer = new Renderer(env, hub.api)
  const { answers, failures } = await askAll(fleet, (api, member) => renderer.render(from, member, api))
  const placed = answers.flatMap(({ value }) => value ?? [])
  for (const { cluster, value } of answers) {
    if (value === undefined) terminal.err(`${titleOf(from.template)} is not placed on ${cluster}\n`)
  }
  terminal.out(format === 'json' ? await formatValue(placed.map(valueOf), 'json') : await yamlOf(placed))
  reportFailures(terminal, failures)
  exitOnFailures({ answers, failures })
  if (placed.length === 0) {
    const { kind, metadata } = from.template
    const place = metadata.namespace === undefined ? '' : ` -n ${metadata.namespace}`
    const next = `Next: flotilla explain ${kind.toLowerCase()}/${metadata.name}${place}`
    throw new FlotillaError(
      'NotFound',
      `Cannot render ${titleOf(from.template)}: it is placed on none of these clusters. ${next}`,
    )
  }
}

function valueOf({ cluster, rendered }: RenderedOn) {
  const { object, changes, fieldsDropped } = rendered
  return { cluster, object: maskSecret(object), changes, fieldsDropped }
}

async function yamlOf(placed: readonly RenderedOn[]): Promise<string> {
  const texts = placed.map(async ({ cluster, rendered }) => {
    const changes = rendered.changes.map(
      ({ policy, rule, overrider, fields }) =>
        `# ${policy}, overrideRules[${rule}].${overrider}: ${fields.join(', ')}\n`,
    )
    const dropped = rendered.fieldsDropped.map((path) => `# dropped, the cluster does not have it: ${path}\n`)
    const yaml = await formatValue(maskSecret(rendered.object), 'yaml')
    return [`# on cluster ${cluster}\n`, ...changes, ...dropped, yaml].join('')
  })
  return (await Promise.all(texts)).join('---\n')
}
