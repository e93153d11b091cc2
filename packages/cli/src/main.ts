// The flotilla command.
import { enableCompileCache } from 'node:module'
import type { Terminal } from './terminal.ts'

// Before anything else is loaded: types are stripped and code is compiled once, not at each start.
enableCompileCache()
const { runFlotilla } = await import('./program.ts')
const { processTerminal } = await import('./terminal.ts')
const terminal: Terminal = processTerminal()
// Idle connections must not hold the process.
process.exit(await runFlotilla(process.argv.slice(2), terminal))
