// What a gateway counts about its sockets.
import type { Counter, Gauge, Metrics } from '../runtime/metrics.ts';

export interface SocketMetrics {
  readonly sockets: Gauge;
  readonly subscriptions: Gauge;
  readonly eventsSent: Counter;
  readonly slowClients: Counter;
  readonly refused: Counter<'code'>;
}

/** Returns the metrics of sockets in `metrics`. */
export function createSocketMetrics(metrics: Metrics): SocketMetrics {
  return {
    sockets: metrics.gauge('verbcast_sockets', 'Open WebSockets.'),
    subscriptions: metrics.gauge('verbcast_subscriptions', 'Subscriptions of all sockets.'),
    eventsSent: metrics.counter('verbcast_events_sent_total', 'Events sent to subscribers.'),
    slowClients: metrics.counter('verbcast_slow_clients_total', 'Sockets cut because they read too slowly.'),
    refused: metrics.counter('verbcast_sockets_refused_total', 'Sockets refused before they opened.', [
      'code',
    ]),
  };
}
