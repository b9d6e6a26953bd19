// Fan-out: many sockets on one stream, and what each delivery costs the gateway.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import WebSocket from 'ws';
import { appendEvents } from '../protocol/event-log.ts';
import { createKeyspace } from '../protocol/keys.ts';
import { createLog } from '../runtime/log.ts';
import { closeRedis, openRedis } from '../runtime/redis.ts';
import { startCluster } from '../test/support/cluster.ts';

const EVENTS_PER_SECOND = 10;
const SECONDS = 10;
const STEPS = [100, 1_000, 2_500, 5_000];
const CLOCK_TICKS_PER_SECOND = 100;

/** Delivery latency (append to receipt, both in this process) and CPU of a gateway in a process of its own. */
export async function socketsBench(): Promise<Record<string, string>> {
  const cluster = await startCluster([], { SOCKETS_PER_ADDRESS: '100000', LOG_LEVEL: 'error' });
  const gateway = cluster.start('gateway');
  const redis = openRedis(cluster.redisUrl, {
    use: 'command',
    log: createLog('bench', 'error'),
    name: 'bench',
  });
  const keys = createKeyspace();
  const results: Record<string, string> = {};
  try {
    await waitForGateway(cluster.url);
    for (const sockets of STEPS) {
      const id = `st_${randomUUID().replaceAll('-', '').slice(0, 20)}`;
      await redis.hset(keys.stream(id), { id, status: 'running' });
      const run = await measure({
        sockets,
        url: cluster.url.replace('http', 'ws'),
        stream: id,
        pid: gateway.pid,
        append: (media) =>
          appendEvents(redis, keys, {
            stream: id,
            events: [{ type: 'scores', media, labelsVersion: 1, frames: EXAMPLE_FRAMES }],
          }),
      });
      results[`${sockets} sockets × ${EVENTS_PER_SECOND} events/s`] = run;
    }
  } finally {
    await closeRedis(redis);
    await cluster.close();
  }
  return results;
}

const EXAMPLE_FRAMES = [
  {
    media: 1.5,
    background: 0.1,
    top: ['playing guitar', 'swimming', 'reading', 'running', 'cooking'].map((label) => ({
      label,
      score: 0.2,
    })),
  },
];

async function measure(options: {
  sockets: number;
  url: string;
  stream: string;
  pid: number;
  append: (media: number) => Promise<unknown>;
}): Promise<string> {
  const latenciesMs: number[] = [];
  const sentAtMs: number[] = [];
  const open: WebSocket[] = [];
  const onEvent = (text: string) => {
    const at = /"media":(\d+)/.exec(text)?.[1];
    const sent = sentAtMs[Number(at)];
    if (sent !== undefined) latenciesMs.push(performance.now() - sent);
  };
  for (let i = 0; i < options.sockets; i++) open.push(await subscribe(options.url, options.stream, onEvent));
  const cpuBefore = cpuSeconds(options.pid);
  for (let i = 0; i < EVENTS_PER_SECOND * SECONDS; i++) {
    sentAtMs.push(performance.now());
    await options.append(i);
    await delay(1_000 / EVENTS_PER_SECOND);
  }
  await delay(1_000);
  const cpu = (cpuSeconds(options.pid) - cpuBefore) / SECONDS;
  for (const socket of open) socket.terminate();
  latenciesMs.sort((a, b) => a - b);
  const at = (share: number) => latenciesMs[Math.floor(share * (latenciesMs.length - 1))]?.toFixed(1);
  const expected = options.sockets * sentAtMs.length;
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, gateway CPU ${(cpu * 100).toFixed(0)} % of a core, delivered ${latenciesMs.length} of ${expected}`;
}

function subscribe(url: string, stream: string, onEvent: (text: string) => void): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${url}/v1/ws`);
    socket.once('open', () => socket.send(JSON.stringify({ type: 'subscribe', stream, after: 0 })));
    socket.once('error', reject);
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.includes('"subscribed"')) resolve(socket);
      else onEvent(text);
    });
  });
}

/** User and system time of a process so far, from `/proc`. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

async function waitForGateway(url: string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    if (
      await fetch(`${url}/healthz`).then(
        (response) => response.ok,
        () => false,
      )
    )
      return;
    await delay(100);
  }
  throw new Error('The gateway did not answer within 10 s.');
}
