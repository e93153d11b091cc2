// What a benchmark is.
import type { Report } from './report.ts'

export interface Benchmark {
  readonly name: string
  /** One line for the list of benchmarks. */
  readonly about: string
  /** Numbers that `--NAME` changes, with their defaults. */
  readonly options: Readonly<Record<string, number>>
  run(run: Run): Promise<Report>
}

export interface Run {
  /** The value of an option. */
  option(name: string): number
  /** Tells people how far it is. */
  progress(text: string): void
  /** What is disposed of when the run ends, however it ends. */
  readonly resources: AsyncDisposableStack
}
