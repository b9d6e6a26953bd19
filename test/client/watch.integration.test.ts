// `watch` on a real gateway: complete and in order, whatever happens to the connection.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createClient } from '../../client/client.ts';
import type { StreamEvent } from '../../protocol/event.ts';
import { ending, type GatewaySandbox, openGatewaySandbox } from '../gateway/gateway-sandbox.ts';
import { eventually } from '../support/eventually.ts';
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts';

let box: GatewaySandbox;
let proxy: CuttingProxy;
beforeAll(async () => {
  box = await openGatewaySandbox();
  proxy = box.sandbox.use(await startCuttingProxy(box.gateway.url));
});
afterEach(() => {
  proxy.target = box.gateway.url;
});
afterAll(() => box.close());

const scores = (media: number) => ({ type: 'scores' as const, media, labelsVersion: 1, frames: [] });
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const openSockets = async () => /^verbcast_sockets (\d+)/m.exec(await box.metrics.text())?.[1];
const throughProxy = () => createClient({ url: proxy.url, WebSocket });

async function collect(events: AsyncIterable<StreamEvent>, into: number[] = []): Promise<number[]> {
  for await (const { seq } of events) into.push(seq);
  return into;
}

test('it yields the whole stream and ends by itself after the final status', async () => {
  const id = await box.submit();
  const watching = collect(box.client.watch(id));
  await box.append(id, [scores(1), scores(2)]);
  await box.append(id, ...ending());
  expect(await watching).toEqual([1, 2, 3, 4]);
  expect(await collect(box.client.watch(id, { after: 2 }))).toEqual([3, 4]);
  expect(await collect(box.client.watch(id, { after: 4 }))).toEqual([]);
});

test('with types it yields only these, and still knows the end', async () => {
  const id = await box.submit();
  const watching = collect(box.client.watch(id, { types: ['scores'] }));
  await box.append(id, [scores(1), { type: 'labels.changed', media: 1, labelsVersion: 2, labels: [] }]);
  await box.append(id, ...ending());
  expect(await watching).toEqual([2]);
});

test('over twenty cut connections every watcher gets the complete ordered log', async () => {
  const id = await box.submit();
  const seqs = Array.from({ length: 10 }, (): number[] => []);
  const watching = seqs.map((into) => collect(throughProxy().watch(id), into));
  for (let round = 1; round <= 20; round += 1) {
    await box.append(id, [scores(round), scores(round), scores(round)]);
    // Some rounds wait until somebody has it all, some cut in the middle.
    if (round % 2 === 0)
      await eventually('one is there', () => seqs.some((got) => got.at(-1) === 1 + 3 * round));
    proxy.cut();
  }
  await box.append(id, ...ending());
  for (const got of await Promise.all(watching)) expect(got).toEqual(range(1, 62));
  expect(proxy.connections).toBeGreaterThan(30);
});

test('it goes on when its gateway is restarted', async () => {
  const id = await box.submit();
  let own = await box.start();
  const { port } = new URL(own.url);
  const states: boolean[] = [];
  const seqs: number[] = [];
  const client = createClient({ url: own.url, WebSocket });
  const watching = collect(
    client.watch(id, { onConnection: ({ connected }) => states.push(connected) }),
    seqs,
  );
  for (let round = 1; round <= 3; round += 1) {
    await eventually('it has what is there', () => seqs.length === round);
    await own.close();
    await box.append(id, [scores(round)]);
    own = await box.start({ GATEWAY_PORT: port });
  }
  await box.append(id, ...ending());
  expect(await watching).toEqual(range(1, 5));
  expect(states.filter((connected) => connected)).toHaveLength(4);
  await own.close();
});

test('a slow consumer gets everything, though its socket is given up meanwhile', async () => {
  const id = await box.submit();
  for (let i = 0; i < 100; i += 1)
    await box.append(
      id,
      Array.from({ length: 50 }, () => scores(i)),
    );
  await box.append(id, ...ending());
  const before = proxy.connections;
  const seqs: number[] = [];
  for await (const { seq } of throughProxy().watch(id)) {
    seqs.push(seq);
    // What comes meanwhile piles up: the event loop runs, this loop does not.
    if (seq === 10) await eventually('the socket is given up', async () => (await openSockets()) === '0');
  }
  expect(seqs).toEqual(range(1, 5_002));
  expect(proxy.connections).toBeGreaterThan(before + 1);
});

test('an unknown stream is an error, not a wait', async () => {
  await expect(collect(box.client.watch('st_00000000'))).rejects.toMatchObject({
    code: 'E_STREAM_NOT_FOUND',
  });
});

test('leaving the loop closes the socket', async () => {
  const id = await box.submit();
  for await (const event of box.client.watch(id)) {
    expect(event.seq).toBe(1);
    expect(await openSockets()).toBe('1');
    break;
  }
  await eventually('no socket is left', async () => (await openSockets()) === '0');
});

test('a signal ends it: while events come, while it waits, and before it begins', async () => {
  const id = await box.submit();
  const reason = new Error('enough');
  const whileOpen = new AbortController();
  const open = collect(box.client.watch(id, { signal: whileOpen.signal }));
  whileOpen.abort(reason);
  await expect(open).rejects.toBe(reason);

  proxy.target = null;
  const whileAway = new AbortController();
  const onConnection = ({ connected }: { connected: boolean }) => {
    if (!connected) whileAway.abort(reason);
  };
  const away = collect(throughProxy().watch(id, { signal: whileAway.signal, onConnection }));
  await expect(away).rejects.toBe(reason);
  await expect(collect(box.client.watch(id, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
});
