// The monitor of an ingest: its probes tell the truth about Redis.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadIngestConfig } from '../../ingest/config.ts';
import { startIngest } from '../../ingest/main.ts';
import { createMetrics } from '../../runtime/metrics.ts';
import { closeRedis, openRedis } from '../../runtime/redis.ts';
import { eventually } from '../support/eventually.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await openSandbox();
});
afterAll(() => sandbox.close());

test('an ingest is ready while Redis answers, and alive all the time', async () => {
  const env = { REDIS_URL: sandbox.url, KEY_PREFIX: sandbox.keyspace().prefix, MONITOR_PORT: '0' };
  const ingest = await startIngest(loadIngestConfig(env), { log: sandbox.log, metrics: createMetrics() });
  const statusOf = async (path: string) => (await fetch(`${ingest.monitorUrl}${path}`)).status;
  await eventually('the ingest to be ready', async () => (await statusOf('/readyz')) === 200);
  process.kill(sandbox.server.pid, 'SIGSTOP');
  try {
    expect(await statusOf('/readyz')).toBe(503);
    expect(await statusOf('/healthz')).toBe(200);
  } finally {
    process.kill(sandbox.server.pid, 'SIGCONT');
  }
  await eventually('the ingest to be ready again', async () => (await statusOf('/readyz')) === 200);
  expect(await (await fetch(`${ingest.monitorUrl}/metrics`)).text()).toContain('verbcast_streams_running 0');
  await ingest.close();
});

test('a connection that was lost and came back is counted', async () => {
  const metrics = createMetrics();
  const redis = openRedis(sandbox.url, { use: 'patient', log: sandbox.log, name: 'counted', metrics });
  await redis.ping();
  expect(await metrics.text()).not.toContain('verbcast_redis_reconnects_total{');
  await sandbox.open().client('KILL', 'ID', await redis.client('ID'));
  await eventually('the connection to be back', async () =>
    (await metrics.text()).includes('verbcast_redis_reconnects_total{connection="counted"} 1'),
  );
  await closeRedis(redis);
});
