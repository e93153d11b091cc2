// Shows objects on each member with their conditions and events.
import type { KubeClient } from '@flotilla/kube-client/client'
import type { KubeObject } from '@flotilla/machinery/object'
import { asDicts, dictAt, valueAt } from '@flotilla/machinery/untyped'
import { stringify } from 'yaml'
import { createCommandEnv } from '../command-env.ts'
import type { AcrossFlags } from '../commands/get.ts'
import { ageOf } from '../output/age.ts'
import { plainLine } from '../output/plain.ts'
import { formatTable } from '../output/table.ts'
import { askAll, exitOnFailures, reportFailures } from '../reach/fleet.ts'
import { connectHub } from '../reach/hub-access.ts'
import { commonKind, parseTarget } from '../reach/kinds.ts'
import type { Terminal } from '../terminal.ts'
import { exitOnMissing, withoutNotFound } from './named.ts'
import { checkScope, nothingFound, openAcross, readObjects, selectionFor } from './run-get.ts'

interface Described {
  readonly object: KubeObject
  readonly events: readonly KubeObject[]
}

export async function runDescribe(args: readonly string[], flags: AcrossFlags, terminal: Terminal): Promise<void> {
  const target = parseTarget(args)
  checkScope(target, flags)
  const env = createCommandEnv()
  await using hub = await connectHub(env, terminal, flags)
  await using fleet = await openAcross(env, hub, flags)
  let isNamespaced = false
  const asked = await askAll(fleet, async (api, { name }) => {
    const selection = await selectionFor(api, name, { ...target, flags, hub })
    isNamespaced ||= selection.resource.namespaced
    const { found, missing } = await readObjects(api, selection)
    const described = found.map(async (object) => ({ object, events: await eventsOf(api, object) }))
    return { found: await Promise.all(described), missing }
  })
  const { answers, failures } = withoutNotFound(asked, target)
  const texts = answers.flatMap(({ cluster, value }) =>
    value.found.map((described) => describeText(cluster, described, env.clock.now())),
  )
  if (texts.length > 0) terminal.out(texts.join('\n\n'))
  else if (failures.length === 0) terminal.err(nothingFound({ flags, hub }, isNamespaced))
  reportFailures(terminal, failures)
  exitOnFailures({ answers, failures })
  exitOnMissing(terminal, target, { answers, failures })
}

async function eventsOf(api: KubeClient, { kind, metadata }: KubeObject): Promise<readonly KubeObject[]> {
  const events = commonKind('events')
  if (events === undefined) return []
  const fieldSelector = `involvedObject.kind=${kind},involvedObject.name=${metadata.name}`
  const place = metadata.namespace === undefined ? {} : { namespace: metadata.namespace }
  return (await api.list(events, { ...place, fieldSelector, limit: 100 })).items
}

export function describeText(cluster: string, { object, events }: Described, now: number): string {
  const { metadata, kind } = object
  const head = [
    ['Cluster', cluster],
    ['Kind', kind],
    ['Name', metadata.name],
    ...(metadata.namespace === undefined ? [] : [['Namespace', metadata.namespace]]),
    ['Labels', pairs(metadata.labels)],
    ['Annotations', pairs(metadata.annotations)],
    ['Age', ageOf(metadata.creationTimestamp, now)],
  ].map(([name = '', value = '']) => `${`${name}:`.padEnd(14)}${plainLine(value)}\n`)
  const { conditions: _, ...status } = dictAt(object, 'status')
  return [
    ...head,
    section('Spec', object['spec']),
    section('Data', kind === 'Secret' ? undefined : object['data']),
    section('Status', Object.keys(status).length === 0 ? undefined : status),
    conditionsText(object, now),
    eventsText(events, now),
  ].join('')
}

function pairs(entries: Readonly<Record<string, string>> | undefined): string {
  const shown = Object.entries(entries ?? {}).filter(
    ([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration',
  )
  return shown.length === 0 ? '<none>' : shown.map(([key, value]) => `${key}=${value}`).join(', ')
}

function section(name: string, value: unknown): string {
  return value === undefined ? '' : `${name}:\n${indented(stringify(value, { lineWidth: 0 }))}`
}

function conditionsText(object: KubeObject, now: number): string {
  const rows = asDicts(valueAt(object, 'status', 'conditions')).map((one) => [
    text(one['type']),
    text(one['status']),
    text(one['reason']),
    ageOf(typeof one['lastTransitionTime'] === 'string' ? one['lastTransitionTime'] : undefined, now),
    text(one['message']),
  ])
  return rows.length === 0
    ? ''
    : `Conditions:\n${indented(formatTable(['TYPE', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'], rows))}`
}

function eventsText(events: readonly KubeObject[], now: number): string {
  if (events.length === 0) return 'Events:       <none>\n'
  const rows = events.map((event) => [
    text(event['type']),
    text(event['reason']),
    ageOf(text(event['lastTimestamp'] ?? event['eventTime'] ?? event.metadata.creationTimestamp), now),
    text(event['message']),
  ])
  return `Events:\n${indented(formatTable(['TYPE', 'REASON', 'AGE', 'MESSAGE'], rows))}`
}

function indented(lines: string): string {
  return lines.replace(/^(?=.)/gm, '  ')
}

function text(value: unknown): string {
  return typeof value === 'string' ? plainLine(value) : ''
}
