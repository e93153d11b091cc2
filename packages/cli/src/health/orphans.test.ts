import type { Cluster, Orphans } from '@flotilla/api/cluster'
import { describe, expect, it } from 'vitest'
import { clustersTable } from '../clusters/run-clusters.ts'
import { countOrphans, orphansPhrase, orphansText } from './orphans.ts'
import { summarize, summaryText } from './run-status.ts'

const now = Date.UTC(2026, 0, 4)
const paint = (_: string, word: string) => word

function aCluster(name: string, orphans?: Orphans): Cluster {
  const ready = { type: 'Ready', status: 'True', reason: 'R', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }
  const status = { conditions: [ready] as const, ...(orphans ? { orphans } : {}) }
  return {
    apiVersion: 'flotilla.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name },
    spec: { id: name },
    status,
  } as Cluster
}

const oldest = [
  { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'stray', since: '2026-01-01T00:00:00Z' },
  { group: '', kind: 'Namespace', name: 'old', since: '2026-01-02T00:00:00Z' },
]
const eu = aCluster('eu', { count: 5, oldest })
const us = aCluster('us', { count: 1, oldest: oldest.slice(0, 1) })
const ap = aCluster('ap')

describe('orphansText()', () => {
  it('names the oldest with their age, counts the rest and says what to do', () => {
    expect(orphansText(eu, now)).toBe(
      [
        'Orphaned: nothing on the hub claims 5 objects here that carry its label. Left alone:',
        '  Deployment shop/stray, for 3d',
        '  Namespace old, for 2d',
        '  and 3 more',
        'Next: apply their templates and a policy to the hub to claim them again, or delete them with flotilla prune -C eu\n',
      ].join('\n'),
    )
    expect(orphansText(us, now)).toContain('claims 1 object here that carries its label')
    expect(orphansText(ap, now)).toBe('')
  })
})

describe('orphansPhrase()', () => {
  it('counts objects and clusters', () => {
    expect(orphansPhrase(countOrphans([ap, us]))).toBe('1 object on us')
    expect(orphansPhrase(countOrphans([eu, ap, us]))).toBe('6 objects on eu and 1 more cluster')
  })
})

describe('summaryText()', () => {
  const hub = { server: 'https://hub', version: 'v1.36.3' }

  it('tells of orphans and of the next command, which is no trouble', () => {
    const text = summaryText(summarize(hub, [eu, us, ap], []), paint)
    expect(text).toContain('\nOrphaned   6 objects on eu and 1 more cluster: nothing on the hub claims them\n')
    expect(text).toContain('Next: flotilla doctor cluster eu')
    expect(text).not.toContain('Not fine')
  })

  it('says nothing of orphans where there are none', () => {
    expect(summaryText(summarize(hub, [ap], []), paint)).not.toContain('Orphaned')
  })
})

describe('clustersTable()', () => {
  it('counts orphans in its wide form', () => {
    const text = clustersTable([eu, ap], new Map(), { now, isWide: true, paint })
    expect(text).toMatch(/ORPHANED/)
    expect(text).toMatch(/^eu .* 5 *$/m)
    expect(text).toMatch(/^ap .* 0 *$/m)
  })
})
