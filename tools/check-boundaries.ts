// Checks the imports of every source file against the table of rooms: `node tools/check-boundaries.ts`.
import { globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { checkFile } from './boundaries.ts'

const root = dirname(import.meta.dirname)
const files = globSync('packages/*/{src,bin}/**/*.{ts,js}', { cwd: root }).sort()
const violations = files.flatMap((file) => checkFile(file, readFileSync(`${root}/${file}`, 'utf8')))

for (const { file, specifier, reason } of violations) console.error(`${file}: ${specifier}: ${reason}`)
console.log(`boundaries: ${files.length} files, ${violations.length} violations`)
process.exitCode = files.length === 0 || violations.length > 0 ? 1 : 0
