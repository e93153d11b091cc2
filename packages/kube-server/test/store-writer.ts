// A process that writes into a SQLite store as fast as it can, until it is killed, and says what the store showed and
// acknowledged: `node store-writer.ts FOLDER SEED HISTORY`. One line of JSON each.
import { createRealEnv } from '@flotilla/runtime/real-env'
import { seededRandom } from '@flotilla/runtime/seeded-random'
import { openSqliteStore } from '../src/store/sqlite-store.ts'
import type { Store, Write } from '../src/store/store.ts'
import { contentOf, toldOf, type Content, type Told } from './written.ts'

const [folder = '', seed = '', history = ''] = process.argv.slice(2)
const writers = 4
const keysEach = 12
const longestGroup = 5
const deleteShare = 0.2

function say(told: readonly Told[]): void {
  process.stdout.write(`${JSON.stringify(told)}\n`)
}

/** The writes of one transaction: each of another key, some of them deletions. */
function aGroup(store: Store, writer: number, group: string, random: () => number): readonly Write[] {
  const size = 1 + Math.floor(random() * longestGroup)
  const first = Math.floor(random() * keysEach)
  return Array.from({ length: size }, (_, index) => {
    const number = (first + index) % keysEach
    const resource = number % 3 === 0 ? 'secrets' : 'configmaps'
    const key = `${resource}/n/${writer}-${number}`
    if (store.head(key) !== undefined && random() < deleteShare) return { key }
    const content: Content = { group, size, index, copies: Math.floor(random() * 200) }
    return { key, object: contentOf(key, content) }
  })
}

async function writeForever(store: Store, writer: number): Promise<never> {
  const random = seededRandom(Number(seed) * writers + writer)
  for (let n = 0; ; n++) {
    const group = aGroup(store, writer, `${seed}/${writer}/${n}`, random)
    const stored = await store.transact(group)
    say(stored.map((one, index) => toldOf(one, group[index]?.object === undefined)))
  }
}

say([])
const store = openSqliteStore({ env: createRealEnv({ logLevel: 'silent' }), folder, history: Number(history) })
store.subscribe(undefined, (event) => say([toldOf(event, event.type === 'DELETED')]))
await Promise.all(Array.from({ length: writers }, (_, writer) => writeForever(store, writer)))
