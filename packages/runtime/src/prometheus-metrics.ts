// Metrics counted by prom-client, in a registry of their own.
import { Counter, Gauge, Histogram, Registry, type Metric } from 'prom-client'
import type { MetricOptions, Metrics } from './metrics.ts'

export function createPrometheusMetrics(): Metrics {
  const registry = new Registry()
  const known = new Map<string, Metric>()
  const once = <M extends Metric>(name: string, make: () => M): M => {
    const found = known.get(name) ?? make()
    known.set(name, found)
    return found as M
  }
  const configure = (options: MetricOptions) => ({
    name: options.name,
    help: options.help,
    labelNames: [...(options.labels ?? [])],
    registers: [registry],
  })
  return {
    counter(options) {
      const counter = once(options.name, () => new Counter(configure(options)))
      return { add: (amount = 1, labels) => (labels ? counter.inc({ ...labels }, amount) : counter.inc(amount)) }
    },
    gauge(options) {
      const gauge = once(options.name, () => new Gauge(configure(options)))
      return { set: (value, labels) => (labels ? gauge.set({ ...labels }, value) : gauge.set(value)) }
    },
    histogram(options) {
      const buckets = options.buckets ? { buckets: [...options.buckets] } : {}
      const histogram = once(options.name, () => new Histogram({ ...configure(options), ...buckets }))
      return {
        observe: (value, labels) => (labels ? histogram.observe({ ...labels }, value) : histogram.observe(value)),
      }
    },
    text: () => registry.metrics(),
  }
}
