// Scores on their way to sockets: how old they are, and the last span of their trace.
import type { Histogram } from '../runtime/metrics.ts';
import type { Tracing } from '../runtime/tracing.ts';
import type { FeedEntry } from './feed-tail.ts';

/** Told of each event that a subscriber got which was not there yet when it subscribed. */
export type DeliveryWitness = (stream: string, entry: FeedEntry) => void;

/**
 * Returns the witness of one gateway. The age counts for every socket; the span only for the first, or a crowd of
 * watchers would make a crowd of spans.
 */
export function witnessDeliveries({
  tracing,
  latency,
}: {
  tracing: Tracing;
  latency: Histogram;
}): DeliveryWitness {
  // Subscribers of one gateway share the entries of a tail.
  const traced = new WeakSet<FeedEntry>();
  return (stream, entry) => {
    if (!entry.origin) return;
    const { publishedAt, trace } = entry.origin;
    latency.observe(Math.max(0, Date.now() - publishedAt) / 1_000);
    if (trace === undefined || traced.has(entry)) return;
    traced.add(entry);
    tracing.follow('deliver', trace, { 'verbcast.stream': stream, 'verbcast.event': entry.seq }).end();
  };
}
