// The small HTTP server of a service that has none: health, readiness and metrics, for probes and Prometheus.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { PipelineError } from './errors.ts';
import type { Metrics } from './metrics.ts';
import type { Service } from './shutdown.ts';

/** Variables of a service with a monitor. */
export const monitorConfig = {
  MONITOR_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe(
      'Port for /healthz, /readyz and /metrics of an ingest or worker. Unset: none; 0: any free one.',
    ),
  MONITOR_HOST: z
    .string()
    .default('127.0.0.1')
    .describe('Address for them to listen on. There is no authentication: keep it inside the cluster.'),
};

export interface Monitor extends Service {
  /** `http://127.0.0.1:9464`; undefined when no port is configured. */
  readonly url: string | undefined;
}

/**
 * Serves `/healthz` (the event loop turns), `/readyz` (`ready` says yes) and `/metrics` in Prometheus's text format.
 * @throws E_CONFIG when the port is taken
 */
export async function startMonitor({
  config,
  metrics,
  ready,
}: {
  config: { MONITOR_PORT?: number | undefined; MONITOR_HOST: string };
  metrics: Metrics;
  ready: () => boolean | Promise<boolean>;
}): Promise<Monitor> {
  const { MONITOR_PORT: port, MONITOR_HOST: host } = config;
  if (port === undefined) return { url: undefined, close: async () => undefined };
  const server = createServer((request, response) => {
    void answer(request.url ?? '/', response).catch(() => response.destroy());
  });
  const answer = async (path: string, response: ServerResponse) => {
    const text = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type }).end(body);
    if (path === '/healthz') return text(200, 'ok\n');
    if (path === '/readyz') return (await ready()) ? text(200, 'ready\n') : text(503, 'not ready\n');
    if (path === '/metrics') return text(200, await metrics.text(), metrics.contentType);
    return text(404, 'There are /healthz, /readyz and /metrics here.\n');
  };
  server.listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    throw new PipelineError('E_CONFIG', `The monitor cannot listen on ${host}:${port}; set MONITOR_PORT.`, {
      cause,
    });
  });
  const { port: actual } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
