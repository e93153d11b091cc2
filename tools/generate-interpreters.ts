// Writes the Interpreters that come with the hub, `packages/control-plane/interpreters/*.yaml`, as data that needs no
// parser: one file there is one Interpreter, its spec and nothing else.
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { apiVersion } from '@flotilla/api/group'
import { parseYaml } from '@flotilla/kube-server/http/yaml'

const folder = fileURLToPath(new URL('../packages/control-plane/interpreters/', import.meta.url))
const target = fileURLToPath(new URL('../packages/control-plane/src/interpreter/shipped.json', import.meta.url))

/** Their names have a slash, which no object's has: people's are never taken for them. */
async function render(): Promise<string> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort()
  const interpreters = files.map(async (file) => ({
    apiVersion,
    kind: 'Interpreter',
    metadata: { name: `flotilla/${file.slice(0, -'.yaml'.length)}` },
    spec: parseYaml(await readFile(`${folder}${file}`, 'utf8')),
  }))
  return `${JSON.stringify(await Promise.all(interpreters), undefined, 2)}\n`
}

export async function checkInterpreters(): Promise<string[]> {
  const current = await readFile(target, 'utf8').catch(() => undefined)
  return current === (await render())
    ? []
    : ['The Interpreters that come with the hub are out of date: run npm run gen']
}

export async function writeInterpreters(): Promise<void> {
  await writeFile(target, await render())
}
