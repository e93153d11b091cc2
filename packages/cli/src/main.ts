// The flotilla command.
import { runFlotilla } from './program.ts'
import { processTerminal } from './terminal.ts'

// Idle connections must not hold the process.
process.exit(await runFlotilla(process.argv.slice(2), processTerminal()))
