// /healthz and /metrics of a process that has no gateway: for container health checks and Prometheus.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Metrics } from '../runtime/metrics.ts';
import type { Service } from '../runtime/shutdown.ts';

/**
 * Answers on `port` of 127.0.0.1. That it answers says that the process lives and its event loop turns; what it does is in
 * the metrics. A port that is taken fails with EADDRINUSE.
 */
export async function serveHealth(
  port: number,
  metrics: Metrics,
): Promise<Service & { readonly port: number }> {
  const server = createServer(async ({ method, url }, response) => {
    if (method !== 'GET') response.writeHead(405).end();
    else if (url === '/healthz')
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
    else if (url === '/metrics') {
      const text = await metrics.text();
      response.writeHead(200, { 'content-type': metrics.contentType }).end(text);
    } else response.writeHead(404).end();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
