// Metrics for tests and simulations: plain sums in memory, readable by name.
import type { MetricLabels, MetricOptions, Metrics } from './metrics.ts'

export interface MemoryMetrics extends Metrics {
  /** A counter's sum, a gauge's last value, a histogram's number of observations; 0 when never touched. */
  value(name: string, labels?: MetricLabels): number
}

export function createMemoryMetrics(): MemoryMetrics {
  const values = new Map<string, number>()
  const add = (name: string, amount: number, labels?: MetricLabels) => {
    const series = seriesOf(name, labels)
    values.set(series, (values.get(series) ?? 0) + amount)
  }
  return {
    counter: ({ name }: MetricOptions) => ({ add: (amount = 1, labels) => add(name, amount, labels) }),
    gauge: ({ name }: MetricOptions) => ({ set: (value, labels) => values.set(seriesOf(name, labels), value) }),
    histogram: ({ name }: MetricOptions) => ({
      observe(value, labels) {
        add(name, 1, labels)
        add(`${name}_sum`, value, labels)
      },
    }),
    value: (name, labels) => values.get(seriesOf(name, labels)) ?? 0,
    text: async () => [...values].map(([series, value]) => `${series} ${value}\n`).join(''),
  }
}

function seriesOf(name: string, labels: MetricLabels = {}): string {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  return parts.length === 0 ? name : `${name}{${parts.toSorted().join(',')}}`
}
