// The metrics of the code, of docs/metrics.md and of the dashboard are the same ones.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const ROOMS = ['runtime', 'ingest', 'worker', 'gateway'];

interface Metric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}
const byName = (a: Metric, b: Metric) => a.name.localeCompare(b.name);

/** Every metric that the sources ask for. */
const used: Metric[] = ROOMS.flatMap((room) =>
  readdirSync(join(ROOT, room))
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => [
      ...read(join(room, file)).matchAll(
        /\.(counter|gauge|histogram)\(\s*'(verbcast_\w+)',\s*(?:'([^']+)'|"([^"]+)"|`([^`]+)`)/g,
      ),
    ])
    .map(([, type = '', name = '', ...help]) => ({ name, type, help: help.find(Boolean) ?? '' })),
).sort(byName);

/** Every row of the tables of metrics. */
const documented: Metric[] = [
  ...read('docs/metrics.md').matchAll(
    /^\| `((?:verbcast|process|nodejs)_\w+)` +\| (\w+) +\| [^|]*\| (.+?) +\|$/gm,
  ),
]
  .map(([, name = '', type = '', help = '']) => ({ name, type, help }))
  .sort(byName);
const ours = documented.filter(({ name }) => name.startsWith('verbcast_'));

test('docs/metrics.md has every metric of the code in its words, and no other', () => {
  expect(used.length).toBeGreaterThan(20);
  expect(ours).toEqual(used);
});

test('the code names every metric as a literal, where this test sees it', () => {
  const calls = ROOMS.flatMap((room) => readdirSync(join(ROOT, room)).map((file) => join(room, file)))
    .filter((file) => file.endsWith('.ts') && file !== 'runtime/metrics.ts')
    .flatMap((file) => [...read(file).matchAll(/\b(?:metrics|registry)\??\.(?:counter|gauge|histogram)\(/g)]);
  expect(calls).toHaveLength(used.length);
});

test('names follow Prometheus: base units, `_total` for what only grows and for nothing else', () => {
  for (const { name, type } of used) {
    expect(name.endsWith('_total'), name).toBe(type === 'counter');
    expect(name).not.toMatch(/_(ms|millis|milliseconds|minutes|kb|mb|count|sum|bucket)(_|$)/);
  }
});

const Panel = z.looseObject({
  id: z.number(),
  title: z.string(),
  targets: z.array(z.looseObject({ expr: z.string() })).default([]),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
});
const dashboard = z
  .looseObject({ uid: z.string(), title: z.string(), panels: z.array(Panel) })
  .parse(JSON.parse(read('ops/grafana/verbcast.json')));
const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

test('the dashboard asks only for metrics that docs/metrics.md has', () => {
  const known = new Set(
    documented.flatMap(({ name, type }) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );
  const asked = queries.flatMap((expr) => expr.match(/\b(?:verbcast|process|nodejs)_\w+/g) ?? []);
  expect(asked.length).toBeGreaterThan(15);
  expect(asked.filter((name) => !known.has(name))).toEqual([]);
});

test('the dashboard takes counters and buckets by their rate, and has no two panels with one id', () => {
  for (const expr of queries) {
    for (const [, before = ''] of expr.matchAll(/(\w*)\(?verbcast_\w+_(?:total|bucket|sum|count)\b/g))
      expect(['rate', 'increase'], expr).toContain(before);
  }
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
});
