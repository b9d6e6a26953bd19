// A decoder that is left, that stalls, that fails: no process stays, and the error says why.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DecodeRequest, decodeFrames, type Frame } from '../../ingest/decoder.ts';
import type { PipelineError } from '../../runtime/errors.ts';
import { type ClipDirectory, H264, numbered, openClipDirectory, SMALL } from '../fixtures/clip.ts';
import { eventually } from '../support/eventually.ts';

const FAKE = join(import.meta.dirname, '../fixtures/fake-ffmpeg.sh');
/** Longer than a program takes to start on a busy machine; shorter than the slow one is silent in all. */
const STALL_MS = 2_000;
const never = new AbortController().signal;

let clips: ClipDirectory;
let film: string;
beforeAll(async () => {
  clips = await openClipDirectory();
  film = await clips.make(...numbered({ seconds: 60, size: '320x240' }), ...H264, 'film.mp4');
});
afterAll(() => clips.remove());

const isAlive = (pid: number | undefined) => {
  if (pid === undefined) throw new Error('Expected a process.');
  // A zombie answers to signals too.
  return existsSync(`/proc/${pid}`) && !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
};

function start(request: Partial<DecodeRequest>, signal: AbortSignal = never) {
  const process: { pid: number | undefined } = { pid: undefined };
  const frames = decodeFrames(
    {
      ffmpeg: 'ffmpeg',
      path: film,
      geometry: SMALL,
      sampleFps: 10,
      onStart: (pid) => {
        process.pid = pid;
      },
      ...request,
    },
    signal,
  );
  return { frames, process };
}

async function misbehave(name: string, more: Partial<DecodeRequest> = {}, signal?: AbortSignal) {
  const path = clips.file(name);
  await writeFile(path, 'film');
  return { path, ...start({ ffmpeg: FAKE, path, ...more }, signal) };
}

async function exhaust(
  frames: AsyncIterable<Frame>,
): Promise<{ count: number; error: PipelineError | null }> {
  let count = 0;
  try {
    for await (const _ of frames) count++;
    return { count, error: null };
  } catch (error) {
    return { count, error: error as PipelineError };
  }
}

describe('a consumer', () => {
  it('that leaves early leaves no ffmpeg behind', async () => {
    const { frames, process } = start({});
    for await (const frame of frames) if (frame.index === 3) break;
    expect(isAlive(process.pid)).toBe(false);
  });

  it('that fails leaves no ffmpeg behind', async () => {
    const { frames, process } = start({});
    const consume = async () => {
      for await (const frame of frames) if (frame.index === 3) throw new Error('no more');
    };
    await expect(consume()).rejects.toThrow('no more');
    expect(isAlive(process.pid)).toBe(false);
  });

  it('that is told to stop while it waits elsewhere has its ffmpeg ended at once', async () => {
    const controller = new AbortController();
    const { frames, process } = start({}, controller.signal);
    await frames.next();
    controller.abort(new Error('enough'));
    await eventually('ffmpeg to be gone', () => !isAlive(process.pid));
    await expect(frames.next()).rejects.toThrow('enough');
  });

  it('that was told to stop before starts none', async () => {
    const { frames, process } = start({}, AbortSignal.abort(new Error('enough')));
    await expect(frames.next()).rejects.toThrow('enough');
    expect(process.pid).toBeUndefined();
  });

  it('that takes its time makes ffmpeg wait: it runs ahead by what the pipe holds', async () => {
    const { path, frames, process } = await misbehave('endless');
    const count = () => (existsSync(`${path}.count`) ? Number(readFileSync(`${path}.count`, 'utf8')) : 0);
    await frames.next();
    // The same count at several looks in a row: it is blocked.
    let last = -1;
    let looks = 0;
    await eventually('the writer to be blocked', async () => {
      const now = count();
      looks = now === last ? looks + 1 : 0;
      last = now;
      await delay(50);
      return looks === 10;
    });
    // Socket buffers of Linux and one read of Node: less than 1 MiB.
    expect(last * 16 * 16 * 3).toBeLessThan(1_048_576);
    for (let k = 1; k < 100; k++) {
      const { value } = await frames.next();
      expect(value?.pixels[0]).toBe(k);
    }
    await eventually('the writer to go on', () => count() > last);
    await frames.return();
    expect(isAlive(process.pid)).toBe(false);
  });
});

describe('a program', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)('that is ended by %s takes its ffmpeg along', async (signal) => {
    const script = join(import.meta.dirname, '../fixtures/decode-until-killed.ts');
    // Larger than what the pipe holds, so that ffmpeg is at work, or waits to write.
    const child = spawn(process.execPath, ['--import', 'tsx', script, film], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    child.kill(signal);
    await eventually('ffmpeg to be gone', () => !isAlive(pid));
  });
});

describe('an ffmpeg', () => {
  it('that stalls and is deaf to SIGTERM is killed, and said to have stalled', async () => {
    const { path, frames, process } = await misbehave('stall', { stallTimeoutMs: STALL_MS });
    const { count, error } = await exhaust(frames);
    expect(count).toBe(1);
    expect(error).toMatchObject({
      code: 'E_DECODE_FAILED',
      message: expect.stringContaining('no sign of life'),
    });
    expect(readFileSync(`${path}.signals`, 'utf8')).toBe('SIGTERM\n');
    expect(isAlive(process.pid)).toBe(false);
  });

  it('that works on something without frames is left alone', async () => {
    const { frames } = await misbehave('slow', { stallTimeoutMs: STALL_MS });
    expect(await exhaust(frames)).toEqual({ count: 1, error: null });
  });

  it('that closes its output and does not end is ended', async () => {
    const { frames, process } = await misbehave('lingers', { stallTimeoutMs: STALL_MS });
    expect(await exhaust(frames)).toMatchObject({ count: 1, error: { code: 'E_DECODE_FAILED' } });
    expect(isAlive(process.pid)).toBe(false);
  });

  it('that ends in the middle of a frame has failed, whatever its exit code', async () => {
    const { frames } = await misbehave('half');
    expect(await exhaust(frames)).toMatchObject({
      count: 1,
      error: { code: 'E_DECODE_FAILED', message: expect.stringContaining('in the middle of a frame') },
    });
  });

  it('that fails is quoted: the last lines, without credentials', async () => {
    const { frames } = await misbehave('fails');
    const { count, error } = await exhaust(frames);
    expect(count).toBe(1);
    expect(error?.code).toBe('E_DECODE_FAILED');
    expect(error?.message).toContain('exited with code 1');
    expect(error?.message).toContain('trouble 499');
    expect(error?.message).toContain('rtsp://***@camera/1');
    expect(error?.message).not.toContain('trouble 490');
    expect(error?.facts.decoderLog).toHaveLength(100);
    expect(JSON.stringify(error?.facts)).not.toContain('s3cret');
  });

  it('that crashes is said to have crashed', async () => {
    const { frames } = await misbehave('crashes');
    expect(await exhaust(frames)).toMatchObject({
      count: 1,
      error: { code: 'E_DECODE_FAILED', message: expect.stringContaining('SIGSEGV') },
    });
  });
});
