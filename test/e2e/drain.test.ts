// SIGTERM in the middle of work: each service leaves with 0 in time, and leaves no job, no process and no key behind.
import { afterAll, beforeAll, expect, test } from 'vitest';
import WebSocket from 'ws';
import { createClient } from '../../client/client.ts';
import { createLog } from '../../runtime/log.ts';
import { closeRedis, openRedis } from '../../runtime/redis.ts';
import { DRAIN_DEADLINE_MS } from '../../runtime/shutdown.ts';
import { type ClipDirectory, openClipDirectory } from '../fixtures/clip.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { collect, report } from '../support/pipeline.ts';
import { openProgramDirectory } from '../support/program.ts';
import { activeJobs, keysForEver, programsNaming } from '../support/traces-left.ts';

let clips: ClipDirectory;
let cluster: Cluster;
beforeAll(async () => {
  clips = await openClipDirectory();
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=s=320x240:r=25:d=600'];
  await clips.make(...picture, '-c:v', 'libx264', '-preset', 'ultrafast', 'film.mp4');
});
afterAll(async () => {
  await cluster?.close();
  await clips?.remove();
});

const request = (mode: 'file' | 'live') => ({
  source: { path: 'film.mp4' },
  labels: ['playing billiards', 'skydiving'],
  options: { mode, sampleFps: 10 },
});
const secondsSince = (startedAt: number) => (Date.now() - startedAt) / 1_000;

test('every service leaves with 0 in time; what it held waits for another, and goes on there', async () => {
  cluster = await startCluster([], { MEDIA_DIRS: clips.path, INFERENCE_THREADS: '1' });
  const gateway = cluster.start('gateway');
  const ingest = cluster.start('ingest');
  const worker = cluster.start('worker');
  await cluster.ready();
  const redis = openRedis(cluster.redisUrl, {
    use: 'patient',
    log: createLog('test', 'silent'),
    name: 'test',
  });
  const runs: ReturnType<typeof collect>[] = [];
  for (const mode of ['file', 'live', 'file'] as const) {
    const { id } = await cluster.client.createStream(request(mode));
    runs.push(collect(cluster.client, id));
  }
  await eventually('labels of all', () =>
    runs.every(({ events }) => events.some((e) => e.type === 'scores')),
  );
  const took: Record<string, number> = {};
  for (const service of [ingest, worker]) {
    const startedAt = Date.now();
    expect(await service.terminate(), service.log()).toBe(0);
    took[`${service.name} s`] = secondsSince(startedAt);
  }
  expect(programsNaming(clips.path)).toEqual([]);
  expect(Object.values(await activeJobs(redis)).every((count) => count === 0)).toBe(true);
  expect(await keysForEver(redis)).toEqual([`vc:streams`, ...(await jobKeys())]);

  // Others go on with what was left.
  const labels = () => runs.map(({ events }) => events.filter((e) => e.type === 'scores').length);
  const before = labels();
  const successors = [cluster.start('ingest'), cluster.start('worker')];
  await eventually('labels of all again', () => labels().every((count, i) => count > (before[i] ?? 0)), {
    withinMs: 30_000,
  });
  await Promise.all(runs.map(({ id }) => cluster.client.stop(id)));
  await Promise.all(runs.map(({ over }) => over));
  await eventually('no lease to be left', async () => (await jobKeys()).length === 0);
  for (const service of [...successors, gateway]) {
    const startedAt = Date.now();
    expect(await service.terminate(), service.log()).toBe(0);
    took[`idle ${service.name} s`] = secondsSince(startedAt);
  }
  report('SIGTERM', took);
  expect(Math.max(...Object.values(took))).toBeLessThan(DRAIN_DEADLINE_MS / 1_000);
  await closeRedis(redis);

  /** Leases of streams that are not over, and their windows that wait. */
  async function jobKeys(): Promise<string[]> {
    const keys = await keysForEver(redis);
    return keys.filter((key) => /^\{vc\}:(streams|windows[^:]*):st_/.test(key));
  }
});

test('`up` drains all of it with 0', async () => {
  const directory = await openProgramDirectory();
  try {
    const program = directory.start(['up', '--port', '0'], { MEDIA_DIRS: clips.path });
    const [, url = ''] = await program.said(/page\s+(http\S+)/);
    const client = createClient({ url, WebSocket });
    const runs: ReturnType<typeof collect>[] = [];
    for (const mode of ['file', 'live'] as const) {
      runs.push(collect(client, (await client.createStream(request(mode))).id));
    }
    for (const run of runs) run.over.catch(() => undefined);
    await eventually('labels of both', () =>
      runs.every(({ events }) => events.some((e) => e.type === 'scores')),
    );
    const startedAt = Date.now();
    program.signal('SIGTERM');
    expect(await program.ended).toBe(0);
    report('SIGTERM to up', { s: secondsSince(startedAt) });
    expect(programsNaming(clips.path)).toEqual([]);
  } finally {
    await directory.close();
  }
});
