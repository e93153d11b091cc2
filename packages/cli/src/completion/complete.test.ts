import { execFile } from 'node:child_process'
import { accessSync, constants, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { clusterResource } from '@flotilla/api/cluster'
import { apiVersion } from '@flotilla/api/group'
import { configMaps, namespaces } from '@flotilla/machinery/well-known-resources'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aFolder } from '../../test/a-folder.ts'
import { startTestHub, type TestHub } from '../../test/test-hub.ts'
import { flotilla } from '../../test/test-terminal.ts'
import { completionScript, shells } from './scripts.ts'

let t: TestHub
let variables: Record<string, string>

beforeAll(async () => {
  t = await startTestHub()
  variables = { KUBECONFIG: t.hub.kubeconfig, HOME: '/nowhere' }
  for (const name of ['eu-west', 'eu-north', 'us-east']) {
    await t.hub.api.create(clusterResource, {
      apiVersion,
      kind: 'Cluster',
      metadata: { name },
      spec: { id: `id-of-${name}`, apiEndpoint: 'https://member.example:6443', secretRef: { name } },
    })
  }
  await t.hub.api.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } })
  const metadata = { name: 'prices', namespace: 'shop' }
  await t.hub.api.create(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata })
})
afterAll(() => t[Symbol.asyncDispose]())

const complete = async (...words: string[]) => {
  const { out } = await flotilla(['__complete', '--', ...words], variables)
  return out.split('\n').filter((line) => line !== '')
}

describe('flotilla __complete', () => {
  it.each([
    { name: 'a verb', words: ['sta'], want: ['start', 'status'] },
    { name: 'the verb of help', words: ['help', 'unj'], want: ['unjoin'] },
    { name: 'an option', words: ['start', '--da'], want: ['--data-dir'] },
    { name: 'a cluster', words: ['unjoin', 'us'], want: ['us-east'] },
    { name: 'one cluster only, where one is taken', words: ['unjoin', 'us-east', ''], want: [] },
    { name: 'clusters that are not there yet', words: ['clusters', 'eu-west', ''], want: ['eu-north', 'us-east'] },
    { name: 'clusters of -C', words: ['get', 'pods', '-C', ''], want: ['all', 'eu-north', 'eu-west', 'us-east'] },
    {
      name: 'a cluster after a comma',
      words: ['get', 'pods', '-C', 'us-east,e'],
      want: ['us-east,eu-north', 'us-east,eu-west'],
    },
    { name: 'no cluster twice', words: ['get', 'pods', '-C', 'eu-north,us-east,'], want: ['eu-north,us-east,eu-west'] },
    { name: 'a value after =', words: ['get', 'pods', '--clusters=us'], want: ['--clusters=us-east'] },
    { name: 'a value after = as bash splits it', words: ['get', 'pods', '--clusters', '=', 'us'], want: ['us-east'] },
    {
      name: 'a value just after =, as bash splits it',
      words: ['start', '--log-level', '='],
      want: ['debug', 'error', 'info', 'silent', 'warn'],
    },
    { name: 'no labels', words: ['get', 'pods', '-C', 'env', '=', 'p'], want: [] },
    { name: 'formats', words: ['get', 'pods', '-o', ''], want: ['json', 'jsonpath=', 'name', 'wide', 'yaml'] },
    { name: 'formats of that verb', words: ['status', '--output', ''], want: ['json', 'yaml'] },
    { name: 'a namespace', words: ['get', 'pods', '-n', 'sh'], want: ['shop'] },
    { name: 'a type', words: ['get', 'deplo'], want: ['deployments'] },
    { name: 'a type of ours', words: ['explain', 'propag'], want: ['propagationpolicies'] },
    { name: 'a type behind options', words: ['get', '-n', 'shop', 'configm'], want: ['configmaps'] },
    {
      name: 'a type with its group, where two have the name',
      words: ['get', 'events'],
      want: ['events', 'events.events.k8s.io'],
    },
    { name: 'a name behind its type', words: ['explain', '-n', 'shop', 'cm', 'pr'], want: ['prices'] },
    { name: 'TYPE/NAME', words: ['render', '-n', 'shop', 'cm/p'], want: ['cm/prices'] },
    { name: 'TYPE/NAME of why-not', words: ['why-not', '-n', 'shop', 'cm/p'], want: ['cm/prices'] },
    { name: 'the cluster of why-not', words: ['why-not', 'cm/prices', '-C', 'us'], want: ['us-east'] },
    { name: 'a shell', words: ['completion', 'f'], want: ['fish'] },
    { name: 'what doctor looks at', words: ['doctor', ''], want: ['cluster'] },
    { name: 'nothing for a verb that there is not', words: ['nonsense', ''], want: [] },
  ])('completes $name', async ({ words, want }) => {
    expect(await complete(...words)).toEqual(want)
  })

  it('asks the hub that the command line names', async () => {
    const nowhere = { HOME: '/nowhere' }
    const words = ['__complete', '--', 'clusters', '--kubeconfig', t.hub.kubeconfig, 'us']
    expect((await flotilla(words, nowhere)).out).toBe('us-east\n')
  })

  it('completes common types, and no names, when there is no hub', async () => {
    const nowhere = { HOME: '/nowhere' }
    expect((await flotilla(['__complete', '--', 'get', 'deplo'], nowhere)).out).toBe('deployments\n')
    expect(await flotilla(['__complete', '--', 'unjoin', ''], nowhere)).toEqual({ code: 0, out: '', err: '' })
  })
})

describe('completionScript()', () => {
  it.each([
    {
      shell: 'bash',
      words: '"${COMP_WORDS[@]:1:COMP_CWORD}"',
      registered: 'complete -o default -F _flotilla flotilla',
    },
    { shell: 'zsh', words: '"${(@)words[2,CURRENT]}"', registered: '#compdef flotilla' },
    { shell: 'fish', words: '$words[2..-1]', registered: "complete -c flotilla -f -a '(__flotilla_complete)'" },
  ])('hands the words of $shell to flotilla, and is registered for it', ({ shell, words, registered }) => {
    const script = completionScript(shell)
    expect(script).toContain(`flotilla __complete -- ${words} 2>/dev/null`)
    expect(script.split('\n')).toContain(registered)
  })
})

/** How each shell, if this machine has it, completes `flotilla WORDS` by its script: one candidate a line. */
const drivers: Readonly<Record<string, (words: readonly string[]) => readonly string[]>> = {
  bash: (words) => [
    '-c',
    'source "$0"; COMP_WORDS=(flotilla "$@"); COMP_CWORD=$#; _flotilla; printf "%s\\n" "${COMPREPLY[@]}"; complete -p flotilla >/dev/null',
    'flotilla.bash',
    ...words,
  ],
  // What completes is a widget of the line editor: its commands are replaced by ones that print.
  zsh: (words) => [
    '-fc',
    'compdef() { }; _files() { }; compadd() { while [[ $1 != -a ]]; do shift; done; print -rl -- ${(P)2}; }; script=$0; words=(flotilla "$@"); CURRENT=$#words; source $script; _flotilla',
    'flotilla.zsh',
    ...words,
  ],
  fish: (words) => ['--no-config', '-c', `source flotilla.fish; complete -C "flotilla ${words.join(' ')}"`],
}

const installed = shells.filter((shell) => executable(shell) !== undefined)

function executable(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

describe.each(installed)('the completion script of %s', (shell) => {
  const folder = aFolder()

  beforeAll(() => {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    symlinkSync(resolve(import.meta.dirname, '../../bin/flotilla.js'), join(bin, 'flotilla'))
    writeFileSync(join(folder, `flotilla.${shell}`), completionScript(shell))
  })

  it.each([
    { words: ['sta'], want: ['start', 'status'] },
    { words: ['get', 'pods', '-C', 'us-east,e'], want: ['us-east,eu-north', 'us-east,eu-west'] },
    { words: ['get', 'pods', '-o', 'json'], want: ['json', 'jsonpath='] },
    { words: ['unjoin', ''], want: ['eu-north', 'eu-west', 'us-east'] },
  ])('completes $words', async ({ words, want }) => {
    const path = [join(folder, 'bin'), process.env['PATH']].join(delimiter)
    const env = { ...process.env, ...variables, HOME: folder, PATH: path }
    const printed = await new Promise<string>((done, fail) => {
      const args = drivers[shell]?.(words) ?? []
      execFile(shell, args, { cwd: folder, env }, (error, stdout, stderr) =>
        error ? fail(new Error(`${error.message}\n${stderr}`)) : done(stdout + stderr),
      )
    })
    const lines = printed.split('\n').filter((line) => line !== '')
    expect(lines.toSorted()).toEqual(want)
  })
})
