// Every example of docs/scheduling.md is admitted and decided as the page shows.
import { readFileSync } from 'node:fs'
import { admissionRules } from '@flotilla/api/admission'
import type { Placement } from '@flotilla/api/placement'
import type { Decision } from '@flotilla/api/resource-binding'
import { parseYaml } from '@flotilla/kube-server/http/yaml'
import { aClusterRow, aRequest, roomFor } from '@flotilla/scheduler/fixtures'
import { aWork } from '@flotilla/scheduler/plan/fixtures'
import type { Fleet } from '@flotilla/scheduler/plan/fleet'
import { loseCluster, scaleLoad } from '@flotilla/scheduler/plan/patches'
import { planChange } from '@flotilla/scheduler/plan/plan'
import type { ScheduleRequest } from '@flotilla/scheduler/request'
import { schedule } from '@flotilla/scheduler/schedule'
import { type ClusterRow, createSnapshot } from '@flotilla/scheduler/snapshot'
import { whyNot } from '@flotilla/scheduler/why-not'
import { describe, expect, test } from 'vitest'
import { planText } from '../packages/cli/src/what-if/plan-text.ts'
import { whyNotText } from '../packages/cli/src/decisions/why-not-text.ts'

/** A row of an example's table: cells by column. */
type Cells = Readonly<Record<string, string>>

interface Example {
  readonly title: string
  readonly replicas: number
  readonly placement: Placement
  readonly rows: readonly Cells[]
  /** What the page says has no place. */
  readonly shortfall: string | undefined
  /** What the page says a command prints. */
  readonly shown: readonly [command: string, printed: string] | undefined
}

const page = readFileSync(new URL('../docs/scheduling.md', import.meta.url), 'utf8')
const examples = page
  .split(/^#{2,3} /m)
  .filter((section) => section.includes('```yaml'))
  .map(toExample)

function toExample(section: string): Example {
  const yaml = /```yaml\n([\s\S]*?)```/.exec(section)?.[1] ?? ''
  const { replicas, placement } = parseYaml(yaml) as Pick<Example, 'replicas' | 'placement'>
  const [header = [], , ...lines] = section
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
  const rows = lines.map((cells) => Object.fromEntries(header.map((column, index) => [column, cells[index] ?? ''])))
  const shortfall = /```text\n([\s\S]*?)\n```/.exec(section)?.[1]
  const [, command = '', printed = ''] = /```console\n\$ (.*)\n([\s\S]*?)```/.exec(section) ?? []
  const shown = command === '' ? undefined : ([command, printed] as const)
  return { title: section.split('\n')[0] ?? '', replicas, placement, rows, shortfall, shown }
}

function toCluster(cells: Cells): ClusterRow {
  const labels = Object.entries(cells).filter(([column, value]) => column.startsWith('Label ') && value !== '')
  return aClusterRow({
    name: cells['Cluster'] ?? '',
    region: cells['Region'] ?? '',
    ready: cells['Ready'] !== 'no',
    labels: Object.fromEntries(labels.map(([column, value]) => [column.slice('Label '.length), value])),
    ...(cells['Room'] ? roomFor(Number(cells['Room'])) : {}),
  })
}

/** The decision that left each cluster with what it had before. */
function before(rows: readonly Cells[]): Decision | undefined {
  const held = rows.filter((cells) => cells['Before'])
  if (held.length === 0) return undefined
  const clusters = held.map((cells) => ({
    name: cells['Cluster'] ?? '',
    id: `id-${cells['Cluster']}`,
    replicas: Number(cells['Before']),
  }))
  const explanation = { trigger: 'Test', inputHash: 'before', feasible: 0, rejected: {}, clusters: [] }
  return { forHash: 'before', clusters, explanation }
}

function toRequest({ replicas, placement, rows }: Example): ScheduleRequest {
  const previous = before(rows)
  return aRequest({ replicas, placement, ...(previous ? { previous } : {}) })
}

function decide(example: Example): Decision {
  return schedule(toRequest(example), createSnapshot(example.rows.map(toCluster)), { trigger: 'Test' })
}

const patches: ReadonlyMap<string, (fleet: Fleet, value: string) => Fleet> = new Map([
  ['--lose', loseCluster],
  ['--load', (fleet: Fleet, factor: string) => scaleLoad(fleet, Number(factor), () => true)],
])

function showing(command: string): readonly Example[] {
  return examples.filter(({ shown }) => shown?.[0].startsWith(command) === true)
}

describe('docs/scheduling.md', () => {
  test('has examples', () => {
    expect(examples.length).toBeGreaterThan(10)
  })

  test.each(examples)('$title', (example) => {
    const decision = decide(example)
    const shown = example.rows.filter((cells) => cells['Replicas'] !== '')
    expect(Object.fromEntries(decision.clusters.map(({ name, replicas }) => [name, replicas]))).toEqual(
      Object.fromEntries(shown.map((cells) => [cells['Cluster'], Number(cells['Replicas'])])),
    )
    expect(decision.shortfall?.message).toBe(example.shortfall)
    for (const cells of shown) {
      if (cells[''] !== undefined) expect(cells['']).toBe('■'.repeat(Number(cells['Replicas'])))
    }
  })

  test.each(showing('flotilla why-not '))('$title: why not', (example) => {
    const [command = '', printed] = example.shown ?? []
    const [, name = ''] = /^flotilla why-not deployment\/web -C (\S+)$/.exec(command) ?? []
    const answer = whyNot(toRequest(example), createSnapshot(example.rows.map(toCluster)), `id-${name}`)
    const workload = { kind: 'Deployment', name: 'web' }
    expect(whyNotText(workload, [{ workload, ...answer }])).toBe(printed)
  })

  test.each(showing('flotilla plan '))('$title: plan', (example) => {
    const [command = '', printed = ''] = example.shown ?? []
    const [, option = '', value = ''] = /^flotilla plan (--\S+) (\S+)$/.exec(command) ?? []
    const request = { ...toRequest(example), isGrowthReady: true }
    const now = { clusters: example.rows.map(toCluster), works: [aWork('web', request)] }
    const { status } = planChange(now, patches.get(option)?.(now, value) ?? now, command)
    // A snapshot names the internals of all that it is made from.
    const withoutName = (text: string) => text.replace(/[\da-f]{8}(-[\da-f]{8}){4}/, 'NAME')
    expect(withoutName(planText(status))).toBe(withoutName(printed))
  })

  test.each(examples)('$title is admitted', ({ placement }) => {
    const selector = { apiVersion: 'apps/v1', kind: 'Deployment' }
    const spec = { resourceSelectors: [selector], placement }
    const metadata = { namespace: 'shop', name: 'web' }
    const object = { apiVersion: 'flotilla.dev/v1alpha1', kind: 'PropagationPolicy', metadata, spec }
    expect(admissionRules.get('PropagationPolicy')?.check(object)).toEqual([])
  })
})
