// What a gateway counts about its sockets.
import type { Counter, Gauge, Histogram, Metrics } from '../runtime/metrics.ts';

export interface SocketMetrics {
  readonly sockets: Gauge;
  readonly subscriptions: Gauge;
  readonly eventsSent: Counter;
  readonly replays: Counter;
  readonly labelLatencySeconds: Histogram;
  readonly slowClients: Counter;
  readonly refused: Counter<'code'>;
}

/** Returns the metrics of sockets in `metrics`. */
export function createSocketMetrics(metrics: Metrics): SocketMetrics {
  return {
    sockets: metrics.gauge('verbcast_sockets', 'Open WebSockets.'),
    subscriptions: metrics.gauge('verbcast_subscriptions', 'Subscriptions of all sockets.'),
    eventsSent: metrics.counter('verbcast_events_sent_total', 'Events sent to subscribers.'),
    replays: metrics.counter(
      'verbcast_replays_total',
      'Subscriptions that began with events of before: first ones of a stream under way, and resumed ones.',
    ),
    labelLatencySeconds: metrics.histogram(
      'verbcast_label_latency_seconds',
      'Time from the publication of a window by ingest to sending its scores to a subscriber.',
      { buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] },
    ),
    slowClients: metrics.counter('verbcast_slow_clients_total', 'Sockets cut because they read too slowly.'),
    refused: metrics.counter('verbcast_sockets_refused_total', 'Sockets refused before they opened.', [
      'code',
    ]),
  };
}
