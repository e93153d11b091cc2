import { describe, expect, it } from 'vitest'
import { flotilla, testTerminal } from '../test/test-terminal.ts'
import { createProgram } from './program.ts'
import { readVersion } from './version.ts'

describe('flotilla', () => {
  it.each(['--version', 'version'])('prints its version by %s', async (word) => {
    expect(await flotilla([word])).toEqual({ code: 0, out: `${readVersion()}\n`, err: '' })
  })

  it('prints its help without arguments, as an error', async () => {
    const { code, err } = await flotilla([])
    expect([code, err.split('\n')[0]]).toEqual([1, 'Usage: flotilla [options] [command]'])
  })

  it.each([
    { args: ['joins'], want: "Error: unknown command 'joins'\n(Did you mean join?)\nNext: flotilla --help\n" },
    {
      args: ['status', '--outputs'],
      want: "Error: unknown option '--outputs'\n(Did you mean --output?)\nNext: flotilla status --help\n",
    },
    {
      args: ['join', 'a'],
      want: "Error: required option '--cluster-kubeconfig <file>' not specified\nNext: flotilla join --help\n",
    },
    {
      args: ['start', '--members', '0'],
      want: "Error: option '--members <n>' argument '0' is invalid. --members takes a whole number from 1 to 50.\nNext: flotilla start --help\n",
    },
    {
      args: ['start', '--log-level', 'loud'],
      want: "Error: option '--log-level <level>' argument 'loud' is invalid. Allowed choices are debug, info, warn, error, silent.\nNext: flotilla start --help\n",
    },
    {
      args: ['get', 'pods', '--timeout', 'soon'],
      want: "Error: option '--timeout <time>' argument 'soon' is invalid. --timeout takes a time such as 3s or 500ms.\nNext: flotilla get --help\n",
    },
    {
      args: ['start', '--nodes', '5'],
      want: 'Error: Cannot start a hub with --nodes: only a demo has simulated members. Next: add --demo, or join clusters with flotilla join\n',
    },
    { args: ['completion', 'tcsh'], want: 'Error: Cannot complete for tcsh: there are scripts for bash, zsh, fish\n' },
    {
      args: ['status'],
      want: 'Error: Cannot find the hub: neither --kubeconfig nor KUBECONFIG names a file, and there is no /nowhere/.local/share/flotilla/kubeconfig. Next: flotilla start\n',
    },
    {
      args: ['--kubeconfig', '/nowhere/k', '--context=x', 'status'],
      want: 'Error: Cannot read the kubeconfig /nowhere/k: there is no such file\n',
    },
    {
      args: ['status', '--kubeconfig', '/'],
      want: 'Error: Cannot read the kubeconfig /: it is a folder\n',
    },
    {
      args: ['start', '--data-dir', '', '--listen', ':0'],
      want: 'Error: Cannot use the data folder "": it is no path. Next: name one with --data-dir\n',
    },
    {
      args: ['status', '--kubeconfig', '/nowhere/k'],
      want: 'Error: Cannot read the kubeconfig /nowhere/k: there is no such file\n',
    },
  ])('refuses $args', async ({ args, want }) => {
    expect(await flotilla(args, { HOME: '/nowhere' })).toEqual({ code: 1, out: '', err: want })
  })

  it('has examples in the help of each verb', () => {
    const verbs = createProgram(testTerminal()).commands.filter((command) => !command.name().startsWith('__'))
    const without = verbs.filter((command) => {
      let help = ''
      command.configureOutput({ writeOut: (text) => void (help += text) }).outputHelp()
      return !help.includes('\nExamples:\n  ')
    })
    expect(without.map((command) => command.name())).toEqual([])
  })
})
