import { afterEach, expect, test } from 'vitest';
import { createMetrics } from '../../runtime/metrics.ts';
import { type Monitor, startMonitor } from '../../runtime/monitor.ts';

let monitor: Monitor | undefined;
afterEach(() => monitor?.close());

test('a monitor answers probes and Prometheus', async () => {
  const metrics = createMetrics();
  metrics.counter('verbcast_things_total', 'Things.').inc(3);
  let ready = false;
  monitor = await startMonitor({
    config: { MONITOR_PORT: 0, MONITOR_HOST: '127.0.0.1' },
    metrics,
    ready: () => ready,
  });
  const get = async (path: string) => {
    const response = await fetch(`${monitor?.url}${path}`);
    return [response.status, await response.text()] as const;
  };
  expect(await get('/healthz')).toEqual([200, 'ok\n']);
  expect((await get('/readyz'))[0]).toBe(503);
  ready = true;
  expect((await get('/readyz'))[0]).toBe(200);
  expect((await get('/metrics'))[1]).toContain('verbcast_things_total 3');
  expect((await get('/'))[0]).toBe(404);
});

test('a taken port is told as a configuration fault', async () => {
  monitor = await startMonitor({
    config: { MONITOR_PORT: 0, MONITOR_HOST: '127.0.0.1' },
    metrics: createMetrics(),
    ready: () => true,
  });
  const taken = Number(new URL(monitor.url ?? '').port);
  const second = startMonitor({
    config: { MONITOR_PORT: taken, MONITOR_HOST: '127.0.0.1' },
    metrics: createMetrics(),
    ready: () => true,
  });
  await expect(second).rejects.toMatchObject({ code: 'E_CONFIG' });
});

test('without a port nothing listens', async () => {
  const config = { MONITOR_HOST: '127.0.0.1' };
  expect((await startMonitor({ config, metrics: createMetrics(), ready: () => true })).url).toBeUndefined();
});
