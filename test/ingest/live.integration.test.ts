// A live stream's life as its record, its log and its windows tell it: a real RTSP server, a worker by hand.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { WindowJob } from '../../protocol/window.ts';
import { eventually } from '../support/eventually.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { ffmpegs, openStage, type Stage } from '../support/stream-stage.ts';

const ENV = { SOURCE_NETWORKS: '127.0.0.1/32', STALL_SECONDS: '3' };

let sandbox: Sandbox;
let camera: RtspServer;
let stage: Stage;
beforeAll(async () => {
  sandbox = await openSandbox();
  camera = await startRtspServer({ credentials: { user: 'me', password: 's3cret' } });
});
afterAll(async () => {
  await camera?.close();
  await sandbox?.close();
});
beforeEach(async () => {
  stage = openStage(sandbox, '/var/empty');
  await stage.worker.serve();
  stage.worker.work();
});
afterEach(() => stage.close());

const windows = () => stage.worker.taken.map(({ window }) => window).filter(({ times }) => times.length > 0);
const timesOf = (of: readonly WindowJob[]) => of.flatMap(({ times }) => times);
const more = (count = 3) => {
  const { length } = windows();
  return eventually('more windows', () => windows().length >= length + count, { withinMs: 30_000 });
};

/** Media time and the time of day run at the same speed, whatever lies between two windows. */
function expectClock(of: readonly WindowJob[]): void {
  const times = timesOf(of);
  expect(times.every((time, i) => i === 0 || time > (times[i - 1] ?? 0))).toBe(true);
  const [first, last] = [of[0], of.at(-1)];
  const wallSeconds = ((last?.wall ?? 0) - (first?.wall ?? 0)) / 1_000;
  const mediaSeconds = (last?.times.at(-1) ?? 0) - (first?.times.at(-1) ?? 0);
  expect(Math.abs(mediaSeconds - wallSeconds)).toBeLessThan(1.5);
}

describe('a live stream', () => {
  it('is taken over by another ingest, and its time goes on', async () => {
    const first = await stage.ingest(ENV);
    const stream = await stage.submit({ url: camera.url('live') }, { mode: 'live' });
    await more();
    const { epoch } = await stream.record();
    await first.close();
    expect(ffmpegs()).toEqual([]);
    await stage.ingest(ENV);
    await more();
    expect(epoch).toBeDefined();
    expect((await stream.record()).epoch).toBe(epoch);
    expect(await stream.statuses()).toEqual(['queued', 'connecting', 'running', 'reconnecting', 'running']);
    expectClock(windows());
    expect(windows().map(({ seq }) => seq)).toEqual(windows().map((_, i) => i));
    await stream.stop();
    await stream.reaches('cancelled');
    expect(ffmpegs()).toEqual([]);
  });

  it('that freezes is connected to again, and says why', async () => {
    await stage.ingest(ENV);
    const stream = await stage.submit({ url: camera.url('live') }, { mode: 'live' });
    await more();
    camera.freeze();
    await stream.reaches('reconnecting');
    expect((await stream.record()).reason).toMatchObject({ code: 'E_SOURCE_UNREACHABLE' });
    camera.thaw();
    await more();
    await eventually('the reason to be gone', async () => (await stream.record()).reason === undefined);
    expectClock(windows());
    await stream.stop();
    await stream.reaches('cancelled');
  });

  it('that ends is connected to again: a camera has no end', async () => {
    await stage.ingest(ENV);
    const stream = await stage.submit({ url: camera.url('short') }, { mode: 'live' });
    await more();
    await stream.reaches('reconnecting');
    await stream.stop();
    await stream.reaches('cancelled');
  });

  it('stops at once while it waits for its next attempt', async () => {
    await stage.ingest(ENV);
    await camera.kill();
    const stream = await stage.submit({ url: camera.url('live') }, { mode: 'live' });
    await stream.reaches('reconnecting');
    expect(ffmpegs()).toEqual([]);
    await stream.stop();
    await stream.reaches('cancelled');
    await camera.restart();
  });
});
