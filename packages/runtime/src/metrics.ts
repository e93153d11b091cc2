// What code may count. The real one is prom-client (`real-env.ts`).

export type MetricLabels = Readonly<Record<string, string | number>>

export interface Counter {
  add(amount?: number, labels?: MetricLabels): void
}

export interface Gauge {
  set(value: number, labels?: MetricLabels): void
}

export interface Histogram {
  observe(value: number, labels?: MetricLabels): void
}

export interface MetricOptions {
  /** `flotilla_…`, with the unit at its end: `_seconds`, `_bytes`, `_total`. */
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

/** Asking twice for one name gives the same metric. */
export interface Metrics {
  counter(options: MetricOptions): Counter
  gauge(options: MetricOptions): Gauge
  histogram(options: MetricOptions & { readonly buckets?: readonly number[] }): Histogram
  /** Prometheus text exposition of everything counted so far. */
  text(): Promise<string>
}
