// Checks that every test which docs/guarantees.md names exists: `node tools/check-guarantees.ts`.
import { existsSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { checkGuarantees, referencesIn } from './guarantees.ts'

const root = dirname(import.meta.dirname)
const page = 'docs/guarantees.md'
const sources = new Map<string, string | undefined>()

function readSource(file: string): string | undefined {
  if (!sources.has(file)) {
    const path = `${root}/${file}`
    sources.set(file, existsSync(path) ? readFileSync(path, 'utf8') : undefined)
  }
  return sources.get(file)
}

const document = readFileSync(`${root}/${page}`, 'utf8')
const violations = checkGuarantees(document, readSource)
const count = document.split('\n').flatMap(referencesIn).length

for (const { line, reason } of violations) console.error(`${page}:${line}: ${reason}`)
console.log(`guarantees: ${count} tests named, ${violations.length} violations`)
process.exitCode = count === 0 || violations.length > 0 ? 1 : 0
