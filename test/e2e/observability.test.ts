// What an operator sees of a stream: the metrics of every service, and one trace for each window.
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, freePort, type ServiceProcess, startCluster } from '../support/cluster.ts';
import { attributeOf, type CollectedSpan, type Collector, startCollector } from '../support/collector.ts';
import { makeReel, type Reel } from '../support/reel.ts';

let reel: Reel;
let collector: Collector;
let cluster: Cluster;
let services: ServiceProcess[];
const monitors = { ingest: '', worker: '' };

beforeAll(async () => {
  reel = await makeReel([{ label: 'pattern', source: { lavfi: 'testsrc2=s=320x240:r=25' }, seconds: 20 }]);
  collector = await startCollector();
  cluster = await startCluster([], {
    MEDIA_DIRS: dirname(reel.path),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
  });
  services = [cluster.start('gateway')];
  for (const name of ['ingest', 'worker'] as const) {
    const port = await freePort();
    monitors[name] = `http://127.0.0.1:${port}`;
    services.push(cluster.start(name, { MONITOR_PORT: String(port) }));
  }
  await cluster.ready();
});
afterAll(async () => {
  await cluster?.close();
  await collector?.close();
  await reel?.close();
});

test('a stream leaves its figures in the metrics, and each window one trace from sample to socket', async () => {
  const { id } = await cluster.client.createStream({
    source: { path: reel.path },
    labels: ['waving', 'running'],
  });
  let scored = 0;
  for await (const event of cluster.client.watch(id)) scored += event.type === 'scores' ? 1 : 0;
  expect(scored).toBeGreaterThan(1);

  for (const url of Object.values(monitors)) expect((await fetch(`${url}/readyz`)).status).toBe(200);
  const [ingest, worker, gateway] = await Promise.all(
    [monitors.ingest, monitors.worker, cluster.url].map(scrape),
  );
  const { counters } = await cluster.client.stream(id);
  expect(ingest?.get('verbcast_frames_sampled_total')).toBe(counters.sampled);
  expect(ingest?.get('verbcast_ffmpeg_starts_total')).toBe(1);
  expect(ingest?.get('verbcast_ffmpeg_restarts_total')).toBe(0);
  expect(worker?.get('verbcast_frames_embedded_total')).toBe(counters.embedded);
  expect(worker?.get('verbcast_batch_frames_sum')).toBe(counters.embedded);
  expect(worker?.get('verbcast_inference_seconds_count')).toBeGreaterThan(0);
  expect(gateway?.get('verbcast_windows_waiting{model="pocket",mode="file"}')).toBe(0);
  expect(gateway?.get('verbcast_label_latency_seconds_count')).toBeGreaterThan(0);

  // Spans are sent in batches, and at the end.
  for (const service of services) expect(await service.terminate()).toBe(0);
  const traces = groupByTrace(collector.spans);
  const whole = [...traces.values()].filter((spans) => spans.some(({ name }) => name === 'deliver'));
  expect(whole.length).toBe(gateway?.get('verbcast_label_latency_seconds_count'));
  for (const spans of whole) {
    expect(chainOf(spans)).toEqual([
      ['sample', 'verbcast-ingest'],
      ['publish', 'verbcast-ingest'],
      ['embed', 'verbcast-worker'],
      ['commit', 'verbcast-worker'],
      ['deliver', 'verbcast-gateway'],
    ]);
    for (const span of spans) {
      expect(attributeOf(span, 'verbcast.stream')).toBe(id);
      expect(span.endTimeUnixNano).toBeGreaterThanOrEqual(span.startTimeUnixNano);
    }
  }
});

function groupByTrace(spans: readonly CollectedSpan[]): Map<string, CollectedSpan[]> {
  const traces = new Map<string, CollectedSpan[]>();
  for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  return traces;
}

/** Name and service of each span of a trace, from the one without a parent along the only child of each. */
function chainOf(spans: readonly CollectedSpan[]): [string, string][] {
  const chain: [string, string][] = [];
  let parent: string | undefined;
  for (;;) {
    const children = spans.filter(({ parentSpanId }) => (parentSpanId || undefined) === parent);
    expect(children.length).toBeLessThanOrEqual(1);
    const [child] = children;
    if (!child) return chain;
    chain.push([child.name, child.service]);
    parent = child.spanId;
  }
}

/** Values of a service's metrics, by name with labels. */
async function scrape(url: string): Promise<Map<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [
      line.slice(0, line.lastIndexOf(' ')),
      Number(line.slice(line.lastIndexOf(' ') + 1)),
    ]),
  );
}
