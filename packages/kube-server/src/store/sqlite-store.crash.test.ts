// A process that writes is killed at any moment, again and again: what it was told holds when the store opens again.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { seededRandom } from '@flotilla/runtime/seeded-random'
import { createVirtualEnv } from '@flotilla/runtime/virtual-env'
import { expect, onTestFinished, test } from 'vitest'
import { toldOf, type Told } from '../../test/written.ts'
import { openSqliteStore } from './sqlite-store.ts'
import type { Store } from './store.ts'

const kills = process.env['FLOTILLA_SOAK'] === '1' ? 200 : 10
const writer = resolve(import.meta.dirname, '../../test/store-writer.ts')
/** Fewer would forget what was written and not told yet: at most one batch of the writers. */
const histories = [50, 500, 4_000]

interface Round {
  readonly folder: string
  readonly seed: number
  readonly history: number
  /** Of the writer's lines, the first of which it says before it opens the store. */
  readonly killAfter: number
}

/** What the writer said until it was killed. */
async function writeUntilKilled({ folder, seed, history, killAfter }: Round): Promise<readonly Told[]> {
  const child = spawn(process.execPath, [writer, folder, `${seed}`, `${history}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<unknown>((done) => child.once('exit', (code, signal) => done(signal ?? code)))
  onTestFinished(() => void child.kill('SIGKILL'))
  const told: Told[] = []
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    told.push(...(JSON.parse(line) as Told[]))
    if (++lines === killAfter) child.kill('SIGKILL')
  }
  expect(await ended).toBe('SIGKILL')
  return told
}

/** Every write since the first, in order: the entry of revision r is at index r - 1. */
type Ledger = Told[]

/** Shown and acknowledged are one: what is told of a revision twice is the same. */
function byRevision(told: readonly Told[]): ReadonlyMap<number, Told> {
  const heard = new Map<number, Told>()
  for (const one of told) {
    expect(one).toEqual(heard.get(one.revision) ?? one)
    heard.set(one.revision, one)
  }
  return heard
}

/** What the store remembers of the past: every revision behind the compacted one. */
function eventsOf(store: Store): readonly Told[] {
  const events = store.eventsSince(store.compactedRevision).map((event) => toldOf(event, event.type === 'DELETED'))
  const length = store.revision - store.compactedRevision
  const revisions = Array.from({ length }, (_, index) => store.compactedRevision + 1 + index)
  expect(events.map(({ revision }) => revision)).toEqual(revisions)
  return events
}

/** Adds what a round wrote, from what was told and what the store remembers; throws where they disagree. */
function addRound(ledger: Ledger, told: readonly Told[], store: Store): void {
  const heard = byRevision(told)
  const events = eventsOf(store)
  for (const event of events) {
    const known = ledger[event.revision - 1] ?? heard.get(event.revision)
    if (known !== undefined) expect(event).toEqual(known)
  }
  const revisions = [...heard.keys()]
  expect(Math.min(...revisions), 'a revision is never given twice').toBeGreaterThan(ledger.length)
  expect(store.revision, 'what was told is durable').toBeGreaterThanOrEqual(Math.max(0, ...revisions))
  for (let revision = ledger.length + 1; revision <= store.revision; revision++) {
    const entry = heard.get(revision) ?? events[revision - store.compactedRevision - 1]
    expect(entry, `revision ${revision} is known`).toBeDefined()
    ledger.push(entry as Told)
  }
}

/** Each write belongs to a transaction of which every write is there. */
function expectWholeGroups(ledger: Ledger, since: number): void {
  for (const { revision, content } of ledger.slice(since)) {
    if (content === undefined) continue
    const start = revision - content.index
    const group = ledger.slice(start - 1, start - 1 + content.size)
    expect(group).toHaveLength(content.size)
    expect(new Set(group.flatMap((one) => one.content?.group ?? []))).toEqual(new Set([content.group]))
  }
}

/** What a reader finds is what all writes make, each superseded by the next. */
function expectState(ledger: Ledger, store: Store): void {
  const state = new Map<string, Told>()
  for (const one of ledger) {
    if (one.content === undefined) state.delete(one.key)
    else state.set(one.key, one)
  }
  const found = ['configmaps/', 'secrets/'].flatMap((prefix) => store.list({ prefix }).items)
  expect(new Map(found.map((stored) => [stored.key, toldOf(stored, false)]))).toEqual(state)
}

test(
  'openSqliteStore() finds after SIGKILL at any moment all that was acknowledged or shown, in whole transactions',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'flotilla-crash-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const ledger: Ledger = []
    for (let seed = 0; seed < kills; seed++) {
      const random = seededRandom(seed)
      // One in five dies before or while it opens what the one before left.
      const killAfter = random() < 0.2 ? 1 : 2 + Math.floor(random() * 600)
      const history = histories[Math.floor(random() * histories.length)] as number
      const told = await writeUntilKilled({ folder, seed, history, killAfter })
      await using store = openSqliteStore({ env: createVirtualEnv({ seed }), folder, history })
      const before = ledger.length
      addRound(ledger, told, store)
      expectWholeGroups(ledger, before)
      expectState(ledger, store)
    }
    expect(ledger.length, 'it wrote').toBeGreaterThan(kills * 50)
  },
  kills * 10_000,
)
