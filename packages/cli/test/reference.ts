// docs/cli.md, from what the program says of itself.
import type { Command } from 'commander'

export function cliReference(program: Command): string {
  const verbs = program.commands.filter((command) => !command.name().startsWith('__'))
  return [
    '# The flotilla command\n',
    'Written from the program itself by `packages/cli/src/reference.test.ts`; `npx vitest run packages/cli/src/reference.test.ts -u` writes it anew.\n',
    'The hub is found as kubectl finds a server: `--kubeconfig`, `--context`, `KUBECONFIG`, else the kubeconfig that `flotilla start` wrote; a `KUBECONFIG` that names no file is an error. `--kubeconfig`, `--context` and `-n` may also stand before the verb. Exit codes: 0; 1 error; 4 some clusters did not answer (they are named on standard error). `NO_COLOR` is honoured.\n',
    ...verbs.map(verbText),
  ].join('\n')
}

function verbText(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = argument.variadic ? `${argument.name()}...` : argument.name()
    return argument.required ? `<${name}>` : `[${name}]`
  })
  return [
    `## flotilla ${[command.name(), ...args].join(' ')}\n`,
    `${command.description()}\n`,
    ...(command.options.length === 0 ? [] : [optionsText(command)]),
    `\`\`\`sh\n${examplesOf(command)}\n\`\`\`\n`,
  ].join('\n')
}

function optionsText(command: Command): string {
  const rows = command.options.map(({ flags, description, defaultValue, defaultValueDescription, mandatory }) => {
    const isShown = defaultValue !== undefined && !description.includes('default')
    const notes = `${mandatory ? ' Required.' : ''}${isShown ? ` Default: \`${defaultValueDescription ?? String(defaultValue)}\`.` : ''}`
    return `| \`${flags}\` | ${sentence(description)}${notes} |`
  })
  return ['| Option | |', '|---|---|', ...rows, ''].join('\n')
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.)]$/.test(text) ? '' : '.'}`
}

function examplesOf(command: Command): string {
  let help = ''
  command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp()
  const [, examples = ''] = help.split('\nExamples:\n')
  return examples.trimEnd().replace(/^ {2}/gm, '')
}
