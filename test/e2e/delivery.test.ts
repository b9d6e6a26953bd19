// Delivery as an operator sees it: gateways that crash, clients that do not read, clients of another make.
import { execFile, spawn } from 'node:child_process';
import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EventDraft, StreamEvent } from '../../protocol/event.ts';
import { appendEvents, decodeEvent } from '../../protocol/event-log.ts';
import { createKeyspace } from '../../protocol/keys.ts';
import { createLog } from '../../runtime/log.ts';
import { closeRedis, openRedis, type Redis } from '../../runtime/redis.ts';
import { type Cluster, type ServiceProcess, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { seededRandom } from '../support/random.ts';
import { openRawSocket } from '../support/raw-socket.ts';

/** The whole proof takes minutes; every run of the tests shows it in small. */
const IS_LONG = process.env.VERBCAST_LONG === '1';
const WATCHERS = IS_LONG ? 50 : 10;
const KILLS = IS_LONG ? 20 : 4;
const KILLS_TIMEOUT_MS = IS_LONG ? 900_000 : 180_000;
const SEED = 20;
/** Long enough that no machine is through with it before the last crash. */
const FILE_SECONDS = IS_LONG ? 36_000 : 7_200;
const WAIT = { withinMs: 60_000 };

const PYTHON = '/usr/bin/python3';
const hasForeignClient = existsSync('/usr/lib/python3/dist-packages/websockets');
if (!hasForeignClient && process.env.CI)
  throw new Error('Expected python3-websockets in CI: scripts/setup.sh --test-tools');

const keys = createKeyspace();
let directory: string;
let cluster: Cluster;
let gateway: ServiceProcess;
let redis: Redis;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'verbcast-delivery-'));
  await makeLongFile();
  cluster = await startCluster(['ingest', 'worker'], { MEDIA_DIRS: directory, INFERENCE_THREADS: '1' });
  gateway = cluster.start('gateway');
  redis = openRedis(cluster.redisUrl, { use: 'patient', log: createLog('test', 'silent'), name: 'test' });
  await cluster.ready();
});
afterAll(async () => {
  if (redis) await closeRedis(redis);
  await cluster?.close();
  await rm(directory, { recursive: true, force: true });
});

/** Makes `long.mp4`: small moving pictures, copied over and over. */
async function makeLongFile(): Promise<void> {
  const run = promisify(execFile);
  const short = join(directory, 'short.mp4');
  const quiet = ['-nostdin', '-v', 'error'];
  await run('ffmpeg', [...quiet, '-f', 'lavfi', '-i', 'testsrc2=s=96x96:r=10', '-t', '60', short]);
  const times = String(FILE_SECONDS / 60 - 1);
  await run('ffmpeg', [
    ...quiet,
    '-stream_loop',
    times,
    '-i',
    short,
    '-c',
    'copy',
    join(directory, 'long.mp4'),
  ]);
}

/** What one watcher saw: every seq, and a fingerprint of every event in order. */
interface Seen {
  readonly seqs: number[];
  readonly hash: Hash;
  connections: number;
}
const newSeen = (): Seen => ({ seqs: [], hash: createHash('sha256'), connections: 0 });
function see(seen: Seen, event: StreamEvent): void {
  seen.seqs.push(event.seq);
  seen.hash.update(`${JSON.stringify(event)}\n`);
}

test(`${WATCHERS} watchers of a file end with the same complete ordered log, over ${KILLS} crashes of the gateway`, {
  timeout: KILLS_TIMEOUT_MS,
}, async () => {
  const random = seededRandom(SEED);
  const startedAt = performance.now();
  const { id } = await cluster.client.createStream({
    source: { path: 'long.mp4' },
    labels: ['playing billiards', 'skydiving'],
    options: { sampleFps: 10 },
  });
  const all = Array.from({ length: WATCHERS }, newSeen);
  const watching = all.map(async (seen) => {
    const onConnection = ({ connected }: { connected: boolean }) => {
      seen.connections += connected ? 1 : 0;
    };
    for await (const event of cluster.client.watch(id, { onConnection })) see(seen, event);
  });
  const lastSeq = async () => Number(await redis.hget(keys.stream(id), 'eventSeq'));
  for (let kill = 0; kill < KILLS; kill++) {
    // Now and then in the middle of its start; else anywhere in what it sends.
    if (random() > 0.2) {
      const before = Math.max(...all.map(({ seqs }) => seqs.length));
      await eventually('a watcher to get on', () => all.some(({ seqs }) => seqs.length > before), WAIT);
      const mark = (await lastSeq()) + Math.floor(random() * 60);
      await eventually('the log to grow', async () => (await lastSeq()) >= mark, { ...WAIT, everyMs: 2 });
    }
    await gateway.kill();
    gateway = cluster.start('gateway');
  }
  await cluster.ready();
  const { status } = await cluster.client.stop(id);
  expect(status, 'the crashes came while the file was running').toBe('running');
  await Promise.all(watching);

  const complete = newSeen();
  for (let from = '-'; ; ) {
    const page = await redis.xrange(keys.events(id), from, '+', 'COUNT', 1_000);
    for (const entry of page) see(complete, decodeEvent(entry));
    const last = page.at(-1);
    if (!last) break;
    from = `(${last[0]}`;
  }
  expect(complete.seqs).toEqual(complete.seqs.map((_, i) => i + 1));
  const expected = complete.hash.digest('hex');
  for (const { seqs, hash } of all) {
    expect(seqs).toEqual(complete.seqs);
    expect(hash.digest('hex')).toBe(expected);
  }
  const connections = all.reduce((sum, seen) => sum + seen.connections, 0);
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0);
  console.log(
    `${WATCHERS} watchers × ${complete.seqs.length} events over ${KILLS} SIGKILLs in ${seconds} s: ` +
      `${connections} connections, 0 lost, 0 doubled, 0 out of order`,
  );
});

/** A stream whose log this test writes. */
async function newStream(): Promise<{ id: string; append: (events: EventDraft[]) => Promise<unknown> }> {
  const id = `st_${createHash('sha256').update(String(Math.random())).digest('hex').slice(0, 20)}`;
  await redis.hset(keys.stream(id), { id, status: 'running' });
  return { id, append: (events) => appendEvents(redis, keys, { stream: id, events }) };
}
const scores = (media: number, frames = 16): EventDraft => ({
  type: 'scores',
  media,
  labelsVersion: 1,
  frames: Array.from({ length: frames }, () => ({
    media,
    background: 0.1,
    top: ['playing guitar', 'swimming', 'reading', 'running'].map((label) => ({ label, score: 0.2 })),
  })),
});

async function rssBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
}

test('a client that does not read is cut at 1 MiB with 4008, in bounded memory, while others get each event as it comes', async () => {
  const { id, append } = await newStream();
  const quick = await openRawSocket(cluster.url);
  quick.tcp.setNoDelay(true);
  quick.send({ type: 'subscribe', stream: id, after: 0 });
  await eventually('the subscription', () => quick.texts.length === 1);
  let media = 0;
  /** Appends one event and returns how long the quick reader had to wait for it, in milliseconds. */
  const deliver = async () => {
    const from = performance.now();
    const arrived = quick.texts.length + 1;
    await append([scores(media++)]);
    while (quick.texts.length < arrived) await once(quick.tcp, 'data');
    return performance.now() - from;
  };
  const cuts = async () => {
    const text = await (await fetch(`${cluster.url}/metrics`)).text();
    return Number(/^verbcast_slow_clients_total (\d+)/m.exec(text)?.[1] ?? 0);
  };
  const alone: number[] = [];
  for (let i = 0; i < 2_000; i++) alone.push(await deliver());

  const slow = await openRawSocket(cluster.url);
  slow.send({ type: 'subscribe', stream: id, after: media });
  await eventually('the subscription', () => slow.texts.length === 1);
  slow.tcp.pause();
  const before = await rssBytes(gateway.pid);
  let peak = before;
  const beside: number[] = [];
  while ((await cuts()) === 0) {
    expect(beside.length, 'it is cut before 40 MB wait').toBeLessThan(10_000);
    for (let i = 0; i < 100; i++) beside.push(await deliver());
    peak = Math.max(peak, await rssBytes(gateway.pid));
  }
  slow.tcp.resume();
  expect(await slow.closed).toEqual({ code: 4008, reason: 'E_SLOW_CLIENT' });
  const seqs = slow.texts.slice(1).map((text): number => JSON.parse(text).seq);
  expect(seqs).toEqual(seqs.map((_, i) => 2_000 + i + 1));
  const grownMb = (peak - before) / 1e6;
  expect(grownMb).toBeLessThan(50);
  console.log(
    `cut with 4008 after ${seqs.length} events it did not read (${mb(slow.texts)} MB, most of them in the kernel); gateway grew ` +
      `${grownMb.toFixed(1)} MB; others' latency ${quantiles(alone)} before, ${quantiles(beside)} beside it`,
  );
  quick.tcp.destroy();
  slow.tcp.destroy();
});
const mb = (texts: readonly string[]) => (texts.join('').length / 1e6).toFixed(1);
function quantiles(millis: readonly number[]): string {
  const sorted = [...millis].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

test.skipIf(!hasForeignClient)(
  'a client of another make, the one of python3-websockets, subscribes and gets every event',
  async () => {
    const { id, append } = await newStream();
    await append([scores(0, 1), scores(1, 1)]);
    const child = spawn(PYTHON, ['-c', FOREIGN, `${cluster.url.replace('http', 'ws')}/v1/ws`, id]);
    const lines: string[] = [];
    createInterface(child.stdout).on('line', (line) => lines.push(line));
    const complaints: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()));
    const exited = once(child, 'exit');
    await eventually('the history', () => lines.length >= 3 || child.exitCode !== null);
    await append([scores(2, 1)]);
    await append([{ type: 'stream.status', media: 3, status: 'ended' }]);
    expect(await exited, complaints.join('')).toEqual([0, null]);
    const messages: { type: string; seq?: number }[] = lines.map((line) => JSON.parse(line));
    expect(messages.map(({ type, seq }) => [type, seq])).toEqual([
      ['subscribed', 2],
      ['scores', 1],
      ['scores', 2],
      ['scores', 3],
      ['stream.status', 4],
      ['unsubscribed', undefined],
    ]);
  },
);
const FOREIGN = `
import asyncio, json, sys, websockets
async def main(url, stream):
    async with websockets.connect(url) as socket:
        await socket.send(json.dumps({"type": "subscribe", "stream": stream}))
        async for message in socket:
            print(message, flush=True)
            if json.loads(message)["type"] == "unsubscribed":
                return
asyncio.run(main(*sys.argv[1:]))
`;
