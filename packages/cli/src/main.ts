// The flotilla command.
import { runFlotilla } from './program.ts'
import { processTerminal } from './terminal.ts'

const code = await runFlotilla(process.argv.slice(2), processTerminal())
await Promise.all([process.stdout, process.stderr].map(written))
// Idle connections must not hold the process.
process.exit(code)

/** A pipe takes 64 KiB at once; what its reader has not fetched yet would be lost with this process. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => stream.write('', () => done()))
}
