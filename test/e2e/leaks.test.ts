// Streams come and go; nothing of them stays: no process, no file descriptor, no timer, no key.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ClipDirectory, openClipDirectory } from '../fixtures/clip.ts';
import { eventually } from '../support/eventually.ts';
import { collect, MODEL, openPipeline, type Pipeline, report } from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { allKeys, childrenOf, fileDescriptors, keysForEver } from '../support/traces-left.ts';

const STREAMS = process.env.VERBCAST_LONG ? 100 : 30;
const AT_A_TIME = 6;
/** Looks, 250 ms apart, that find the same before it counts. */
const SETTLED_LOOKS = 24;

let sandbox: Sandbox;
let clips: ClipDirectory;
let pipeline: Pipeline;
beforeAll(async () => {
  clips = await openClipDirectory();
  const picture = (seconds: number) => ['-f', 'lavfi', '-i', `testsrc2=s=160x120:r=10:d=${seconds}`];
  await clips.make(...picture(3), '-c:v', 'libx264', '-preset', 'ultrafast', 'short.mp4');
  await clips.make(...picture(300), '-c:v', 'libx264', '-preset', 'ultrafast', 'long.mp4');
  sandbox = await openSandbox();
  pipeline = await openPipeline(sandbox, { mediaDir: clips.path });
  await pipeline.work(2);
});
afterAll(async () => {
  await pipeline?.close();
  await sandbox?.close();
  await clips?.remove();
});

/** One in three is a file that ends, one a file that is stopped, one live and stopped. */
async function comeAndGo(i: number): Promise<void> {
  const { client } = pipeline;
  const { id } = await client.createStream({
    source: { path: i % 3 === 0 ? 'short.mp4' : 'long.mp4' },
    labels: ['one', 'two'],
    options: { model: MODEL, mode: i % 3 === 2 ? 'live' : 'file' },
  });
  const watched = collect(client, id);
  if (i % 3 !== 0) {
    await eventually('a label', () => watched.events.some(({ type }) => type === 'scores'), {
      withinMs: 30_000,
    });
    await client.stop(id);
  }
  await watched.over;
  await client.purge(id);
}

async function comeAndGoAll(count: number): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await comeAndGo(next++);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
}

/** Sorted by kind, so that two of them can be compared. */
function timers(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

test(`${STREAMS} streams added and removed leave nothing behind`, async () => {
  await comeAndGoAll(AT_A_TIME);
  const keys = async () =>
    (await allKeys(pipeline.redis)).filter((key) => !/:(stalled-check|marker)$/.test(key));
  const look = async () => ({
    keys: await keys(),
    children: childrenOf(process.pid),
    descriptors: fileDescriptors(process.pid),
    timeouts: timers().Timeout ?? 0,
  });
  // An ingest notices within a second that a stream is over; this test's own client keeps its connections for some.
  const settled = async (limit?: { descriptors: number; timeouts: number }) => {
    await eventually(
      'nothing of a stream to be left',
      async () => !(await keys()).some((key) => /st_/.test(key)),
    );
    let last = await look();
    await eventually(
      'descriptors and timers to settle',
      async () => {
        const now = await look();
        const isSame = now.descriptors === last.descriptors && now.timeouts === last.timeouts;
        last = now;
        return limit
          ? now.descriptors <= limit.descriptors && now.timeouts <= limit.timeouts
          : isSame && sameFor++ > SETTLED_LOOKS;
      },
      { everyMs: 250, withinMs: 30_000 },
    ).catch(() => undefined);
    return last;
  };
  let sameFor = 0;
  const before = await settled();
  await comeAndGoAll(STREAMS);
  const after = await settled(before);
  report(`${STREAMS} streams added and removed`, {
    'keys before': before.keys.length,
    'keys after': after.keys.length,
    'descriptors before': before.descriptors,
    'descriptors after': after.descriptors,
    'timers before': before.timeouts,
    'timers after': after.timeouts,
    'children before': before.children.length,
    'children after': after.children.length,
  });
  expect(after.keys).toEqual(before.keys);
  expect(after.children).toEqual(before.children);
  expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
  expect(after.timeouts).toBeLessThanOrEqual(before.timeouts);
  // The entry of served models expires; the index of streams is empty by now.
  expect(await keysForEver(pipeline.redis)).toEqual([]);
});
