// Ends a control plane's processes when the process that started them is gone, however it went: a shell waits for the
// end of a pipe that only this process holds, then kills what is still on its list and removes the folder.
import { spawn } from 'node:child_process'

export interface Watchdog {
  watch(pid: number): void
  forget(pid: number): void
  /** Lets the shell go without killing anything. */
  dismiss(): Promise<void>
}

const script = `
pids=' '
while read -r sign pid; do
  case $sign in
    +) pids="$pids$pid ";;
    -) pids="\${pids%% $pid *} \${pids#* $pid }";;
    .) exit 0;;
  esac
done
kill -9 $pids 2>/dev/null
rm -rf "$1"
`

/** `folder`: removed with the processes. */
export function startWatchdog(folder: string): Watchdog {
  const shell = spawn('sh', ['-c', script, 'watchdog', folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  shell.unref()
  const exited = new Promise<void>((done) => shell.once('exit', () => done()))
  return {
    watch: (pid) => void shell.stdin.write(`+ ${pid}\n`),
    forget: (pid) => void shell.stdin.write(`- ${pid}\n`),
    async dismiss() {
      shell.ref()
      shell.stdin.end('. .\n')
      await exited
    },
  }
}
