// flotilla status and doctor: how everything is, and what exactly is wrong.
import type { Command } from 'commander'
import type { Terminal } from '../terminal.ts'
import { OutputOption, timeoutOption, withExamples, withHubOptions } from './options.ts'

export interface StatusFlags {
  readonly output?: string
  readonly kubeconfig?: string
  readonly context?: string
}

export interface DoctorFlags {
  readonly timeout: number
  readonly kubeconfig?: string
  readonly context?: string
}

export function addStatus(program: Command, terminal: Terminal): void {
  const command = program
    .command('status')
    .summary('how the hub, its clusters and what is placed are')
    .description(
      'Shows the hub, its clusters, and what is placed on them: counts, and each thing that is not fine with the next command.',
    )
    .addOption(new OutputOption('json', 'yaml'))
    .action(async (flags: StatusFlags) => {
      const { runStatus } = await import('../health/run-status.ts')
      await runStatus(flags, terminal)
    })
  withHubOptions(command)
  withExamples(command, ['flotilla status', 'flotilla status -o json'])
}

export function addDoctor(program: Command, terminal: Terminal): void {
  const command = program
    .command('doctor')
    .argument('[kind]', '`cluster`, to look at one cluster')
    .argument('[name]', 'its name')
    .summary('find out what is wrong, hop by hop')
    .description(
      'Checks the way to the hub, or to one cluster, hop by hop: resolve, connect, TLS, authenticate, authorize, version, identity, lease. Exit code 1 when a check fails.',
    )
    .addOption(timeoutOption('one check'))
    .action(async (kind: string | undefined, name: string | undefined, flags: DoctorFlags) => {
      const { runDoctor } = await import('../health/run-doctor.ts')
      await runDoctor(
        [kind, name].filter((arg) => arg !== undefined),
        flags,
        terminal,
      )
    })
  withHubOptions(command)
  withExamples(command, ['flotilla doctor', 'flotilla doctor cluster eu-1'])
}
