import { expect, it } from 'vitest'
import { cliReference } from '../test/reference.ts'
import { testTerminal } from '../test/test-terminal.ts'
import { createProgram } from './program.ts'

it('docs/cli.md says what the program says of itself', async () => {
  await expect(cliReference(createProgram(testTerminal()))).toMatchFileSnapshot('../../../docs/cli.md')
})
