// A camera that misbehaves, seen by a client: a real RTSP server, real processes, real labels.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StreamEvent } from '../../protocol/event.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';

const CREDENTIALS = { user: 'operator', password: 'hunter2/secret' };
const SECRET = /hunter2|operator/;
/** `VERBCAST_OUTAGE_SECONDS=60` for the figure of docs/operations.md. */
const OUTAGE_SECONDS = Number(process.env.VERBCAST_OUTAGE_SECONDS ?? 8);
const WAIT = { withinMs: 60_000, everyMs: 50 };

let camera: RtspServer;
let cluster: Cluster;
let ingestPid: number;

beforeAll(async () => {
  camera = await startRtspServer({ credentials: CREDENTIALS, auth: 'digest' });
  cluster = await startCluster(['gateway', 'worker'], {
    SOURCE_NETWORKS: '127.0.0.0/8',
    INFERENCE_THREADS: '1',
    LOG_LEVEL: 'debug',
  });
  ingestPid = cluster.start('ingest').pid;
  await cluster.ready();
});
afterAll(async () => {
  await cluster?.close();
  await camera?.close();
});

/** A stream under watch: its events so far, and waits on them. */
async function watch(path: string, sampleFps = 4) {
  const { id } = await cluster.client.createStream({
    source: { url: camera.url(path) },
    labels: ['playing billiards', 'skydiving', 'playing tennis'],
    options: { sampleFps },
  });
  const events: StreamEvent[] = [];
  const over = (async () => {
    for await (const event of cluster.client.watch(id)) events.push(event);
  })();
  const scores = () => events.filter((event) => event.type === 'scores');
  const statuses = () => events.filter((event) => event.type === 'stream.status');
  return {
    id,
    events,
    over,
    scores,
    statuses,
    /** Resolves with the first scores after those that are there now. */
    async nextScores() {
      const { length } = scores();
      return eventually('labels', () => scores()[length], WAIT);
    },
    async stop() {
      await cluster.client.stop(id);
      await over;
      expect(statuses().at(-1)).toMatchObject({ status: 'cancelled' });
    },
  };
}

interface Process {
  readonly pid: number;
  readonly state: string;
  readonly args: string;
}

/** The decoders of the ingest, zombies too. */
function decoders(): Process[] {
  return readdirSync('/proc').flatMap((pid): Process[] => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const [, name = '', state = '', parent] =
        /^\d+ \((.*)\) (\S) (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      if (Number(parent) !== ingestPid || name !== 'ffmpeg') return [];
      return [{ pid: Number(pid), state, args: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }];
    } catch {
      return [];
    }
  });
}

const seconds = (sinceMs: number) => (Date.now() - sinceMs) / 1_000;

test('a camera is labelled as it happens, with the time of day, and nobody learns its password', async () => {
  const stream = await watch('live');
  const began = Date.now();
  await stream.nextScores();
  console.log(`labels ${seconds(began).toFixed(1)} s after the submission`);
  await eventually('more labels', () => stream.scores().length >= 10, WAIT);
  const latency = stream.scores().map(({ wall }) => Date.parse(wall ?? ''));
  expect(latency.every((wall) => Math.abs(wall - Date.now()) < 60_000)).toBe(true);
  for (const event of stream.scores()) {
    if (event.type !== 'scores') continue;
    const times = event.frames.map(({ media }) => media);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(0.5);
    expect(times.every((time) => Number.isInteger(time * 4))).toBe(true);
  }
  expect(stream.statuses().map((event) => event.type === 'stream.status' && event.status)).toEqual([
    'queued',
    'connecting',
    'running',
  ]);
  const titles = decoders().map(({ args }) => args);
  expect(titles).toHaveLength(1);
  const record = await cluster.client.stream(stream.id);
  expect(record).toMatchObject({ mode: 'live', source: `rtsp://***@127.0.0.1:${camera.port}/live` });
  await stream.stop();
  expect(decoders()).toEqual([]);
  for (const shown of [titles, stream.events, record, cluster.logs()])
    expect(JSON.stringify(shown)).not.toMatch(SECRET);
});

test('an ffmpeg that is stopped is replaced within 25 s, and no zombie is left', async () => {
  const stream = await watch('live');
  await stream.nextScores();
  const [victim] = decoders();
  expect(victim).toBeDefined();
  process.kill(victim?.pid ?? 0, 'SIGSTOP');
  const stopped = Date.now();
  const successor = await eventually(
    'another ffmpeg',
    () => decoders().find(({ pid, state }) => pid !== victim?.pid && state !== 'Z'),
    WAIT,
  );
  const restartSeconds = seconds(stopped);
  await stream.nextScores();
  console.log(
    `ffmpeg stopped: another after ${restartSeconds.toFixed(1)} s, labels after ${seconds(stopped).toFixed(1)} s`,
  );
  expect(restartSeconds).toBeLessThan(25);
  expect(decoders()).toEqual([expect.objectContaining({ pid: successor.pid })]);
  expect(stream.statuses()).toMatchObject([
    { status: 'queued' },
    { status: 'connecting' },
    { status: 'running' },
    { status: 'reconnecting', reason: { code: 'E_SOURCE_UNREACHABLE' } },
    { status: 'running' },
  ]);
  await stream.stop();
});

test('a camera that is gone for a while is back within 30 s of its return, and time has gone on', async () => {
  const stream = await watch('live');
  await stream.nextScores();
  const before = stream.scores().at(-1);
  await camera.kill();
  const gone = Date.now();
  await eventually('the outage to be over', () => seconds(gone) >= OUTAGE_SECONDS, {
    withinMs: (OUTAGE_SECONDS + 5) * 1_000,
    everyMs: 100,
  });
  const { length } = stream.scores();
  await camera.restart();
  const back = Date.now();
  const after = await eventually('labels', () => stream.scores()[length], WAIT);
  const returnSeconds = seconds(back);
  console.log(`camera gone for ${OUTAGE_SECONDS} s: labels ${returnSeconds.toFixed(1)} s after its return`);
  expect(returnSeconds).toBeLessThan(30);
  // The hole in media time is the hole in the time of day, give or take what lies between a picture and its label.
  const mediaSeconds = after.media - (before?.media ?? 0);
  const wallSeconds = (Date.parse(after.wall ?? '') - Date.parse(before?.wall ?? '')) / 1_000;
  expect(mediaSeconds).toBeGreaterThanOrEqual(OUTAGE_SECONDS);
  expect(Math.abs(mediaSeconds - wallSeconds)).toBeLessThan(1.5);
  expect(stream.statuses().map((event) => event.type === 'stream.status' && event.status)).toEqual([
    'queued',
    'connecting',
    'running',
    'reconnecting',
    'running',
  ]);
  // What ffmpeg said last is kept for the operator.
  expect(cluster.logs()).toMatch(/"decoderLog":\["[^\n]*the source is connected to again/);
  const media = stream.scores().flatMap((event) => (event.type === 'scores' ? event.frames : []));
  expect(media.every((frame, i) => i === 0 || frame.media > (media[i - 1]?.media ?? 0))).toBe(true);
  await stream.stop();
});

test.each([
  ['another password', 'live', { user: 'operator', password: 'guess' }, 'E_SOURCE_UNAUTHORIZED'],
  ['no such path', 'nothing', CREDENTIALS, 'E_SOURCE_NOT_FOUND'],
  ['sound alone', 'sound', CREDENTIALS, 'E_SOURCE_NO_VIDEO'],
])('a camera that refuses ends its stream with its code: %s', async (_, path, credentials, code) => {
  const { id } = await cluster.client.createStream({
    source: { url: camera.url(path, credentials) },
    labels: ['skydiving'],
  });
  const events: StreamEvent[] = [];
  for await (const event of cluster.client.watch(id)) events.push(event);
  expect(events.at(-1)).toMatchObject({ type: 'stream.status', status: 'failed', reason: { code } });
  expect(events.filter(({ type }) => type === 'scores')).toEqual([]);
  expect(JSON.stringify([events, cluster.logs()])).not.toMatch(/hunter2|guess|operator/);
});
