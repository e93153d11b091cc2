// Where a hub listens and keeps its data unless a person says otherwise.
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

export const defaultListen = '127.0.0.1:7443'

/** `$XDG_DATA_HOME/flotilla`, else `~/.local/share/flotilla`. */
export function defaultDataFolder(variables: Readonly<Record<string, string | undefined>>): string {
  const base = variables['XDG_DATA_HOME']
  return base ? resolve(base, 'flotilla') : join(variables['HOME'] ?? homedir(), '.local', 'share', 'flotilla')
}
