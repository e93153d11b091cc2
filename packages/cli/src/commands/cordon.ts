// flotilla cordon, uncordon and drain: what may run on a cluster.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import type { CordonVerb } from '../failover/run-cordon.ts'
import { withExamples, withHubOptions } from './options.ts'

export interface CordonFlags {
  readonly dryRun?: boolean
  readonly kubeconfig?: string
  readonly context?: string
}

interface VerbText {
  readonly summary: string
  readonly description: string
}

export function addCordon(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, 'cordon', {
    summary: 'give a cluster nothing new',
    description:
      'Taints a cluster with flotilla.dev/cordon:NoSchedule: it gets nothing new, and what runs there stays. Policies may tolerate that.',
  })
}

export function addUncordon(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, 'uncordon', {
    summary: 'use a cluster again',
    description:
      'Takes off what flotilla cordon and flotilla drain put on a cluster, and the quarantine of one that kept coming and going.',
  })
}

export function addDrain(program: Command, terminal: Terminal): void {
  addVerb(program, terminal, 'drain', {
    summary: 'have everything leave a cluster',
    description:
      'Taints a cluster with flotilla.dev/drain:NoExecute: what runs there leaves, new copies being ready before old ones go, and what can go nowhere else stays. Policies may tolerate that. flotilla plan --drain foretells it.',
  })
}

function addVerb(program: Command, terminal: Terminal, verb: CordonVerb, { summary, description }: VerbText): void {
  const command = program
    .command(verb)
    .argument('<cluster>', 'name of the cluster')
    .summary(summary)
    .description(description)
    .option('--dry-run', 'only says what would be done')
    .action(async (name: string, flags: CordonFlags) => {
      const { runCordon } = await import('../failover/run-cordon.ts')
      await runCordon(verb, name, flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, [`flotilla ${verb} eu-1`])
}
