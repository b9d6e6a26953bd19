// Prometheus metrics of one process.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type { Counter, Gauge, Histogram } from 'prom-client';

/** The metrics of one process. Names take the form `verbcast_<what>_<unit>[_total]`. */
export interface Metrics {
  counter<L extends string = never>(name: string, help: string, labels?: L[]): Counter<L>;
  gauge<L extends string = never>(name: string, help: string, labels?: L[]): Gauge<L>;
  histogram<L extends string = never>(
    name: string,
    help: string,
    options: { buckets: number[]; labels?: L[] },
  ): Histogram<L>;
  /**
   * Has `update` run before every {@link text}, to set gauges that are looked up, not counted. One that fails leaves its
   * gauges as they are. Returns how to take that back.
   */
  beforeScrape(update: () => Promise<void>): () => void;
  /** Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/**
 * Returns an empty set of metrics. Services in one process may share it: a metric asked for twice is the same one.
 * `runtime` adds the process's own (memory, event-loop lag).
 */
export function createMetrics({ runtime = false }: { runtime?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (runtime) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const updates = new Set<() => Promise<void>>();
  return {
    counter: (name, help, labelNames = []) =>
      (registry.getSingleMetric(name) as Counter<never> | undefined) ??
      new Counter({ name, help, labelNames, registers }),
    gauge: (name, help, labelNames = []) =>
      (registry.getSingleMetric(name) as Gauge<never> | undefined) ??
      new Gauge({ name, help, labelNames, registers }),
    histogram: (name, help, { buckets, labels = [] }) =>
      (registry.getSingleMetric(name) as Histogram<never> | undefined) ??
      new Histogram({ name, help, buckets, labelNames: labels, registers }),
    beforeScrape(update) {
      updates.add(update);
      return () => updates.delete(update);
    },
    async text() {
      await Promise.allSettled([...updates].map((update) => update()));
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}
