// Media files that are broken on purpose: each ends with a code, in bounded time and memory, and the service goes on.
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Source } from '../../protocol/stream.ts';
import { ERRORS } from '../../runtime/errors.ts';
import { type ClipDirectory, H264, numbered, openClipDirectory } from '../fixtures/clip.ts';
import { eventually } from '../support/eventually.ts';
import { startMediaServer } from '../support/media-server.ts';
import { mutate } from '../support/mutations.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { ffmpegs, openStage, type Stage } from '../support/stream-stage.ts';

/** `VERBCAST_FUZZ=500` for the figure of docs/operations.md. */
const FILES = Number(process.env.VERBCAST_FUZZ ?? 60);
const AT_ONCE = 4;
const MEMORY_MB = 1_024;
const FILE_MAX_SECONDS = 600;
/** Bounds hangs, not speed. */
const EACH_MS = 120_000;

let sandbox: Sandbox;
let clips: ClipDirectory;
let stage: Stage;
const originals: { name: string; bytes: Buffer }[] = [];

beforeAll(async () => {
  sandbox = await openSandbox();
  clips = await openClipDirectory();
  const small = numbered({ seconds: 4, size: '160x120' });
  for (const [name, ...args] of [
    ['film.mp4', ...H264],
    ['front.mp4', ...H264, '-movflags', '+faststart'],
    ['fragments.mp4', ...H264, '-movflags', 'frag_keyframe+empty_moov'],
    ['film.mkv', ...H264],
    ['film.ts', ...H264],
    ['film.flv', ...H264],
    ['film.avi', '-c:v', 'mjpeg'],
    ['film.webm', '-c:v', 'libvpx', '-deadline', 'realtime', '-b:v', '200k'],
    ['film.mpg', '-c:v', 'mpeg2video'],
    ['film.gif', '-vf', 'fps=5'],
    ['film.264', ...H264],
    ['film.png', '-frames:v', '1'],
  ] as const) {
    originals.push({ name, bytes: await readFile(await clips.make(...small, ...args, name)) });
  }
  stage = openStage(sandbox, clips.path);
  await stage.worker.serve();
  stage.worker.work();
  await stage.ingest({
    INGEST_STREAMS: String(AT_ONCE),
    DECODER_MEMORY_MB: String(MEMORY_MB),
    DECODER_CPU_SECONDS: '60',
    FILE_MAX_SECONDS: String(FILE_MAX_SECONDS),
    SOURCE_NETWORKS: '127.0.0.1/32',
  });
}, 120_000);
afterAll(async () => {
  await stage?.close();
  await sandbox?.close();
  await clips?.remove();
});

/** Submits a file and returns how its stream ended. */
async function play(path: string, source: Source = { path }) {
  const began = Date.now();
  const stream = await stage.submit(source);
  const record = await eventually(
    `${path} to be over`,
    async () => {
      const now = await stream.record();
      return /^(ended|failed)$/.test(now.status) ? now : undefined;
    },
    { withinMs: EACH_MS, everyMs: 50 },
  );
  return { record, seconds: (Date.now() - began) / 1_000 };
}

/** The most memory that an ffmpeg of this process has had so far, in MiB. */
function peakMemoryMb(): number {
  const peaks = readdirSync('/proc').map((pid) => {
    if (!/^\d+$/.test(pid)) return 0;
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      if (!/^Name:\tffmpeg$/m.test(status) || !status.includes(`\nPPid:\t${process.pid}\n`)) return 0;
      return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1_024;
    } catch {
      return 0;
    }
  });
  return Math.max(0, ...peaks);
}

describe('broken files', () => {
  it(
    `${FILES} of them end with a code each, and the service goes on`,
    async () => {
      const began = Date.now();
      const memoryBefore = process.memoryUsage().rss;
      const codes = new Map<string, number>();
      let slowest = { seconds: 0, name: '' };
      let peakMb = 0;
      const watch = setInterval(() => {
        peakMb = Math.max(peakMb, peakMemoryMb());
      }, 100);
      let next = 0;
      const work = async () => {
        for (let number = next++; number < FILES; number = next++) {
          const { name, bytes } = mutate(originals, number);
          const path = `mutant-${number}`;
          await writeFile(clips.file(path), bytes);
          const { record, seconds } = await play(path);
          await rm(clips.file(path));
          const outcome = record.status === 'ended' ? 'ended' : (record.reason?.code ?? 'no code');
          codes.set(outcome, (codes.get(outcome) ?? 0) + 1);
          if (seconds > slowest.seconds) slowest = { seconds, name: `${number}: ${name}` };
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      clearInterval(watch);
      const growthMb = (process.memoryUsage().rss - memoryBefore) / 2 ** 20;
      console.log(
        [
          `${FILES} broken files in ${((Date.now() - began) / 1_000).toFixed(0)} s, ${AT_ONCE} at a time on ${cpus().length} cores`,
          `outcomes ${JSON.stringify(Object.fromEntries([...codes].sort(([, a], [, b]) => b - a)))}`,
          `slowest ${slowest.seconds.toFixed(1)} s (${slowest.name}); largest ffmpeg ${peakMb.toFixed(0)} MiB resident`,
          `the ingest grew by ${growthMb.toFixed(0)} MiB`,
        ].join('\n'),
      );
      expect([...codes.keys()].filter((code) => code !== 'ended' && !Object.hasOwn(ERRORS, code))).toEqual(
        [],
      );
      expect([...codes.keys()]).not.toContain('E_INTERNAL');
      expect(peakMb).toBeLessThanOrEqual(MEMORY_MB);
      expect(ffmpegs()).toEqual([]);
      expect(await stage.redis.keys(`${stage.keys.prefix}:*:frames:*`)).toEqual([]);
      expect((await play('film.mp4')).record).toMatchObject({ status: 'ended', sampled: 8 });
    },
    EACH_MS + FILES * 5_000,
  );
});

describe('a file that takes too much', () => {
  it('is given up when it announces more than is allowed', async () => {
    const still = ['-f', 'lavfi', '-i', `color=gray:s=16x16:r=1:d=${FILE_MAX_SECONDS + 60}`];
    await clips.make(...still, ...H264, 'long.mp4');
    const { record } = await play('long.mp4');
    expect(record.reason?.code).toBe('E_SOURCE_LIMIT');
    expect(record.sampled).toBe(0);
  });

  it('is given up when it turns out to be more than is allowed: a leap in its times', async () => {
    const leap = [
      '-f',
      'lavfi',
      '-i',
      'color=gray:s=16x16:r=1:d=4',
      '-vf',
      "setpts='if(gte(N,2),PTS+20000/TB,PTS)'",
    ];
    await clips.make(...leap, '-c:v', 'libx264', '-fps_mode', 'passthrough', 'leap.mkv');
    const { record } = await play('leap.mkv');
    expect(record.reason?.code).toBe('E_SOURCE_LIMIT');
    expect(record.sampled).toBeLessThanOrEqual(FILE_MAX_SECONDS * 2 + 16);
  });

  it('is given up when a server never stops sending it', async () => {
    const bytes = await readFile(clips.file('film.ts'));
    const server = await startMediaServer((_, response) => {
      response.writeHead(200, { 'content-type': 'video/mp2t' });
      const more = () => {
        while (!response.destroyed && response.write(bytes));
      };
      response.on('drain', more);
      more();
    });
    const { record } = await play('endless', { url: server.url('/film.ts') });
    await server.close();
    expect(record.reason?.code).toBe('E_SOURCE_LIMIT');
    expect(record.sampled).toBeLessThanOrEqual(FILE_MAX_SECONDS * 2 + 16);
  });

  it('is given up when its pictures are larger than is allowed', async () => {
    await clips.make('-f', 'lavfi', '-i', 'color=gray:s=9000x8000:r=1:d=1', '-frames:v', '1', 'huge.png');
    const { record } = await play('huge.png');
    expect(record.status).toBe('failed');
    expect(record.reason?.code).toMatch(/^E_SOURCE_UNREADABLE|E_DECODE_FAILED|E_SOURCE_LIMIT$/);
  });

  it('is given up when it takes more processor time than is allowed', async () => {
    const ingest = openStage(sandbox, clips.path);
    await ingest.worker.serve();
    ingest.worker.work();
    await ingest.ingest({ DECODER_CPU_SECONDS: '1' });
    await clips.make(
      '-f',
      'lavfi',
      '-i',
      'testsrc2=s=1280x720:r=50:d=60',
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      'work.mp4',
    );
    const stream = await ingest.submit({ path: 'work.mp4' });
    await stream.reaches('failed');
    expect((await stream.record()).reason?.code).toBe('E_SOURCE_LIMIT');
    await ingest.close();
  });
});
