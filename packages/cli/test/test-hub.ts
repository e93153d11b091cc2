// An embedded hub for tests, in this process, and members to join to it.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCommandEnv } from '../src/command-env.ts'
import { startDemoMember, type DemoMember } from '../src/demo/demo-member.ts'
import { openDataFolder } from '../src/hub/data-folder.ts'
import { startEmbeddedHub, type EmbeddedHub } from '../src/hub/embedded-hub.ts'
import { kubeconfigText } from '../src/hub/kubeconfig-file.ts'
import { aFolder } from './a-folder.ts'
import { flotilla, type Finished } from './test-terminal.ts'

export interface TestHub extends AsyncDisposable {
  readonly hub: EmbeddedHub
  /** Starts a member of one node; it ends with the hub. */
  startMember(name: string): Promise<DemoMember>
  /** A file with `text`, by default a kubeconfig of `member`. */
  file(text: string): string
  kubeconfigOf(member: DemoMember): string
  /** Runs a command against the hub. */
  run(...args: readonly string[]): Promise<Finished>
}

export async function startTestHub({ probeEveryMs }: { readonly probeEveryMs?: number } = {}): Promise<TestHub> {
  const env = createCommandEnv()
  const folder = aFolder()
  const open = new AsyncDisposableStack()
  const data = open.use(openDataFolder(join(folder, 'hub')))
  const listen = { host: '127.0.0.1', port: 0 }
  const probes = probeEveryMs === undefined ? {} : { probeEveryMs }
  const hub = open.use(await startEmbeddedHub({ env, folder: data, listen, ...probes }))
  const file = (text: string) => {
    const path = join(folder, `file-${env.uuid()}`)
    writeFileSync(path, text)
    return path
  }
  return {
    hub,
    file,
    startMember: async (name) =>
      open.use(
        await startDemoMember({
          env,
          place: { name, region: 'r' },
          nodes: 1,
          folder: join(folder, name),
          isKept: false,
        }),
      ),
    kubeconfigOf: ({ access }) => file(kubeconfigText([access])),
    run: (...args) => flotilla([...args, '--kubeconfig', hub.kubeconfig], { HOME: folder }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
