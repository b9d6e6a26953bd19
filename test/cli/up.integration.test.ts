import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { Queue } from 'bullmq';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clientFor } from '../../cli/reach-gateway.ts';
import { eventually } from '../support/eventually.ts';
import { openProgramDirectory } from '../support/program.ts';
import { makeReel, type Reel } from '../support/reel.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

const DRAIN_MS = 25_000;
/** So many frames that the stream is still running when the test is done with it. */
const SECONDS = 400;

let home: Awaited<ReturnType<typeof openProgramDirectory>>;
let sandbox: Sandbox;
let reel: Reel;
beforeAll(async () => {
  home = await openProgramDirectory();
  sandbox = await openSandbox();
  reel = await makeReel([
    { label: 'test pattern', source: { lavfi: 'testsrc2=s=160x120:r=10' }, seconds: SECONDS },
  ]);
});
afterAll(async () => {
  await home?.close();
  await sandbox?.close();
  await reel?.close();
});

const address = /page +(http:\/\/127\.0\.0\.1:\d+)/;

/** The processes that `pid` and its children have started. */
function descendants(pid: number): number[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => parentOf(other) === pid);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(pid: number): number | undefined {
  try {
    // "pid (name) state parent …"; a name may hold anything, so what follows its last bracket is read.
    return Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** tsx's compiler ends when its pipe to the program does, a moment after it. */
async function expectGone(pids: readonly number[]): Promise<void> {
  await eventually('every child to be gone', () => pids.every((pid) => parentOf(pid) === undefined), {
    withinMs: 5_000,
  });
}

test('`up` without a Redis brings its own, says what runs, and takes everything down at SIGTERM', async () => {
  const program = home.start(['up', '--port', '0']);
  const [, url = ''] = await program.said(address);
  expect(program.stdout()).toContain('model   pocket on cpu');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  await eventually('the model to be served', async () => (await clientFor(url).models()).models.length > 0);
  const children = descendants(program.pid);
  expect(children.length).toBeGreaterThan(0);

  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
  await expectGone(children);
});

test('in the middle of a file SIGTERM drains: exit 0, no job active, no child, no key of a stream without expiry', async () => {
  const prefix = sandbox.keyspace().prefix;
  const program = home.start(['up', '--port', '0'], {
    REDIS_URL: sandbox.url,
    KEY_PREFIX: prefix,
    MEDIA_DIRS: dirname(reel.path),
  });
  const [, url = ''] = await program.said(address);
  const client = clientFor(url);
  const { id } = await client.createStream({
    source: { path: reel.path },
    labels: ['playing guitar', 'swimming'],
    options: { sampleFps: 10 },
  });
  await eventually('the first scores', async () => (await client.stream(id)).counters.embedded > 0);
  const children = descendants(program.pid);
  expect(children.length).toBeGreaterThan(0);

  const asked = Date.now();
  program.signal('SIGTERM');
  expect(await program.ended).toBe(0);
  expect(Date.now() - asked).toBeLessThan(DRAIN_MS);
  await expectGone(children);

  const redis = sandbox.open();
  for (const name of ['streams', 'windows.pocket']) {
    const queue = new Queue(name, { connection: redis, prefix: `{${prefix}}` });
    expect(await queue.getActiveCount(), name).toBe(0);
    await queue.close();
  }
  const keys = await redis.keys(`${prefix}:{${id}}:*`);
  expect(keys.length).toBeGreaterThan(0);
  const lasting = await Promise.all(keys.map(async (key) => ((await redis.ttl(key)) > 0 ? [] : [key])));
  expect(lasting.flat()).toEqual([]);
});

test('a port that is taken is told with its code, and nothing is left running', async () => {
  const first = home.start(['up', '--port', '0']);
  const [, url = ''] = await first.said(address);
  const second = home.start(['up', '--port', new URL(url).port]);
  expect(await second.ended).toBe(1);
  expect(second.stderr()).toMatch(/^E_CONFIG: Something listens on/m);
  first.signal('SIGTERM');
  expect(await first.ended).toBe(0);
});

test('one service alone needs a Redis that is shared', async () => {
  const program = home.start(['worker']);
  expect(await program.ended).toBe(1);
  expect(program.stderr()).toMatch(/^E_CONFIG: .*REDIS_URL/m);
});
