// The command that starts a hub again that `flotilla start` made on this machine.
import { dirname, resolve } from 'node:path'
import type { Terminal } from '../terminal.ts'
import { isDataFolder, isDemoFolder } from './data-folder.ts'
import { defaultDataFolder, defaultListen } from './default-folder.ts'

/** Undefined when none of `kubeconfigs` was written by `flotilla start`. `url`: where the hub was. */
export function startCommand(
  kubeconfigs: readonly string[],
  url: string,
  variables: Terminal['variables'],
): string | undefined {
  const folder = kubeconfigs.map((path) => dirname(resolve(path))).find(isDataFolder)
  if (folder === undefined) return undefined
  const { host } = new URL(url)
  return [
    'flotilla start',
    ...(isDemoFolder(folder) ? ['--demo'] : []),
    ...(folder === defaultDataFolder(variables) ? [] : ['--data-dir', shellWord(folder)]),
    ...(host === defaultListen ? [] : ['--listen', host]),
  ].join(' ')
}

/** As a shell takes it for one word. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
