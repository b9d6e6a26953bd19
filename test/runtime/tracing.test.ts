import { afterEach, expect, test } from 'vitest';
import { NO_TRACING, startTracing } from '../../runtime/tracing.ts';
import { type Collector, startCollector } from '../support/collector.ts';

let collector: Collector | undefined;
afterEach(() => collector?.close());

const OTHERS = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const start = async (share: number) => {
  collector = await startCollector();
  const config = { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`, OTEL_TRACES_SAMPLER_ARG: share };
  return startTracing(config, 'test');
};

test('without a collector nothing is recorded, and what others began is passed on', async () => {
  expect(await startTracing({ OTEL_TRACES_SAMPLER_ARG: 1 }, 'test')).toBe(NO_TRACING);
  expect(NO_TRACING.begin('a', { from: 0, facts: {} }).trace).toBeUndefined();
  expect(NO_TRACING.follow('a', OTHERS, {}).trace).toBe(OTHERS);
});

test('spans are sent with their parents, times and facts; one that was never ended is not', async () => {
  const tracing = await start(1);
  const first = tracing.begin('first', { from: 1_000, facts: { where: 'here' } });
  const second = tracing.follow('second', first.trace, { count: 2 });
  tracing.follow('forgotten', second.trace, {});
  second.end({ more: 3 });
  first.end();
  await tracing.close();
  const spans = collector?.spans ?? [];
  expect(spans.map(({ name, service }) => [name, service])).toEqual([
    ['second', 'verbcast-test'],
    ['first', 'verbcast-test'],
  ]);
  const [child, parent] = spans;
  expect(child?.parentSpanId).toBe(parent?.spanId);
  expect(child?.traceId).toBe(parent?.traceId);
  expect(first.trace).toBe(`00-${parent?.traceId}-${parent?.spanId}-01`);
  expect(parent?.startTimeUnixNano).toBe(1_000_000_000n);
  expect(child?.attributes.map(({ key, value }) => [key, value.intValue])).toEqual([
    ['count', 2],
    ['more', 3],
  ]);
});

test('a trace that is not sampled is not sent, by whoever goes on with it', async () => {
  const tracing = await start(0);
  const first = tracing.begin('first', { from: 1_000, facts: {} });
  expect(first.trace).toMatch(/-00$/);
  tracing.follow('second', first.trace, {}).end();
  first.end();
  tracing.follow('sampled elsewhere', OTHERS, {}).end();
  await tracing.close();
  expect(collector?.spans.map(({ name }) => name)).toEqual(['sampled elsewhere']);
});

test('what is no traceparent is not followed', async () => {
  const tracing = await start(1);
  for (const parent of [undefined, '', 'nonsense', `${OTHERS}-extra`]) {
    const span = tracing.follow('a', parent, {});
    expect(span.trace).toBe(parent);
    span.end();
  }
  await tracing.close();
  expect(collector?.spans).toEqual([]);
});

test('a collector that is away keeps nobody from closing', async () => {
  const tracing = await start(1);
  await collector?.close();
  tracing.begin('a', { from: 0, facts: {} }).end();
  await tracing.close();
});
