// Fifty watchers, twenty gateways one after the other: each watcher ends with the same complete, ordered log.
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createClient } from '../../client/client.ts';
import type { EventDraft } from '../../protocol/event.ts';
import { ending, openGatewaySandbox } from '../gateway/gateway-sandbox.ts';
import { eventually } from '../support/eventually.ts';
import { startCuttingProxy } from './cutting-proxy.ts';

const WATCHERS = 50;
const GATEWAYS = 20;

test('each of fifty watchers gets every event once and in order, over twenty gateways that vanish', async () => {
  const box = await openGatewaySandbox();
  const id = await box.submit();
  const proxy = box.sandbox.use(await startCuttingProxy(box.gateway.url));
  const client = createClient({ url: proxy.url, WebSocket });
  const logs = Array.from({ length: WATCHERS }, (): string[] => []);
  const watching = logs.map(async (log) => {
    for await (const event of client.watch(id)) log.push(JSON.stringify(event));
  });

  let written = 1;
  let over = false;
  const writer = async () => {
    while (!over) {
      // Not further ahead than that: a slow machine needs no longer log.
      await eventually('somebody keeps up', () => over || logs.some((log) => log.length > written - 500));
      const event: EventDraft = { type: 'scores', media: written, labelsVersion: 1, frames: [] };
      await box.append(id, [event, event]);
      written += 2;
    }
  };
  const writing = writer();
  let current = box.gateway;
  for (let i = 0; i < GATEWAYS; i += 1) {
    const next = await box.start();
    const mark = written + Math.floor(Math.random() * 100);
    await eventually('somebody watches and the log grows', () => {
      return written > mark && logs.some((log) => log.length > mark / 2);
    });
    // As a killed process looks from outside: every connection ends without a word, and nobody listens for a moment.
    proxy.target = null;
    proxy.cut();
    await current.close();
    proxy.target = next.url;
    current = next;
  }
  over = true;
  await writing;
  await box.append(id, ...ending());
  await Promise.all(watching);

  const stored = await box.redis.xrange(box.keys.events(id), '-', '+');
  const complete = stored.map(([seq, fields]) => ({
    seq: Number.parseInt(seq, 10),
    ...JSON.parse(fields[1] ?? ''),
  }));
  expect(complete).toHaveLength(written + 1);
  for (const log of logs) expect(log.map((text) => JSON.parse(text))).toEqual(complete);
  await box.close();
});
