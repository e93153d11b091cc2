// What to try next: commands that work as they are when they are pasted into another terminal.
import { shellWord } from '../hub/start-command.ts'
import type { DemoMember } from './demo-member.ts'

export function nextCommands(kubeconfig: string, members: readonly DemoMember[]): string {
  const [first] = members
  const lines = [
    ['kubectl get deployments,clusters -A', 'the hub is an ordinary Kubernetes API'],
    ['npx flotilla get pods -n shop -C all', 'the pods of all members in one list'],
    ['npx flotilla explain deployment/web -n shop', 'why the replicas are where they are'],
    ['kubectl scale deployment/web -n shop --replicas 24', 'twice as many, in the same proportions'],
    ...(first === undefined
      ? []
      : [[`kubectl --context ${first.access.name} get pods -n shop`, 'one member by itself']]),
    ['npx flotilla status', 'how everything is'],
  ] as const
  const width = Math.max(...lines.map(([command = '']) => command.length))
  return [
    '\nTry next, in another terminal:\n\n',
    `  export KUBECONFIG=${shellWord(kubeconfig)}\n`,
    ...lines.map(([command = '', why = '']) => `  ${command.padEnd(width)}   # ${why}\n`),
    '\nCtrl-C stops everything.\n',
  ].join('')
}
