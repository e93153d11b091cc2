// Kubeconfigs of the person who runs a command: which file, which context, what it gives access to.
import { readFileSync } from 'node:fs'
import { dirname, delimiter } from 'node:path'
import { resolveKubeAccess, type KubeAccess } from '@flotilla/kube-client/kube-access'
import { findContext, parseKubeconfig, type Kubeconfig } from '@flotilla/kube-client/kubeconfig'
import { FlotillaError, isError } from '@flotilla/machinery/errors'
import type { Env } from '@flotilla/runtime/env'

interface File {
  readonly path: string
  readonly config: Kubeconfig
}

/**
 * Access by a context of the kubeconfigs in `paths` (as `KUBECONFIG` lists them: the first that says something
 * holds). Files and exec plugins that they name are used: they are the person's own.
 * @throws NotFound or Invalid naming the file.
 */
export async function accessBy(env: Env, paths: readonly string[], context?: string): Promise<KubeAccess> {
  const files = paths.map(readKubeconfig)
  const wanted = context ?? files.find(({ config }) => config.currentContext !== undefined)?.config.currentContext
  const file = files.find(({ config }) => config.contexts.some(({ name }) => name === wanted)) ?? merged(files)
  try {
    findContext(file.config, wanted)
    const options = { env, allowLocal: true, folder: dirname(file.path), ...(wanted ? { context: wanted } : {}) }
    return await resolveKubeAccess(file.config, options)
  } catch (error) {
    throw naming(file.path, error)
  }
}

/** What `KUBECONFIG` lists. */
export function splitPaths(text: string): readonly string[] {
  return text.split(delimiter).filter((path) => path !== '')
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'it is not readable for this user',
  EISDIR: 'it is a folder',
}

function readKubeconfig(path: string): File {
  try {
    return { path, config: parseKubeconfig(readFileSync(path, 'utf8')) }
  } catch (error) {
    if (isError(error)) throw naming(path, error)
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const why = unreadable[code] ?? (code || String(error))
    throw new FlotillaError('NotFound', `Cannot read the kubeconfig ${path}: ${why}`)
  }
}

function merged(files: readonly File[]): File {
  const contexts = files.flatMap(({ config }) => config.contexts)
  return { path: files.map(({ path }) => path).join(delimiter), config: { contexts } }
}

function naming(path: string, error: unknown): unknown {
  if (!isError(error)) return error
  const message = error.message.replace(/^Cannot use the kubeconfig: /, '')
  if (message === error.message) return error
  return new FlotillaError(error.code, `Cannot use the kubeconfig ${path}: ${message}`, error.details, { cause: error })
}
