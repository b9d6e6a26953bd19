// Which frames come out of real files, and at which times.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DecodeRequest, decodeFrames, type Frame } from '../../ingest/decoder.ts';
import { type ClipDirectory, H264, numbered, numberOf, openClipDirectory, SMALL } from '../fixtures/clip.ts';

let clips: ClipDirectory;
beforeAll(async () => {
  clips = await openClipDirectory();
});
afterAll(() => clips.remove());

async function decode(path: string, more: Partial<DecodeRequest> = {}): Promise<Frame[]> {
  const request = { ffmpeg: 'ffmpeg', path, geometry: SMALL, sampleFps: 2, ...more };
  const frames: Frame[] = [];
  for await (const frame of decodeFrames(request, new AbortController().signal)) frames.push(frame);
  return frames;
}

const numbers = (frames: readonly Frame[]) => frames.map(({ pixels }) => numberOf(pixels));
const hashes = (frames: readonly Frame[]) =>
  frames.map(({ pixels }) => createHash('sha1').update(pixels).digest('hex'));

/** The frame that is displayed at each half second of a clip of 25 frames per second. */
const EVERY_HALF = Array.from({ length: 20 }, (_, k) => Math.floor(k * 12.5) % 219);

describe('constant frame rate', () => {
  it('gives 20 frames of 10 s at 2 a second, each the one displayed at its time', async () => {
    const path = await clips.make(...numbered({}), ...H264, 'cfr.mp4');
    const durations: number[] = [];
    const frames = await decode(path, { onDuration: (seconds) => durations.push(seconds) });
    expect(frames.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, k) => k));
    expect(frames.map(({ mediaSeconds }) => mediaSeconds)).toEqual(frames.map(({ index }) => index / 2));
    expect(numbers(frames)).toEqual(EVERY_HALF);
    expect(durations).toEqual([10]);
  });

  it.each([
    ['a little faster than it is sampled', { sampleFps: 10 }, 30, (k: number) => Math.floor(k * 2.5)],
    ['slowly', { sampleFps: 0.4 }, 2, (k: number) => Math.floor(k * 62.5)],
    ['at an odd rate', { sampleFps: 0.7 }, 3, (k: number) => Math.floor((k * 25) / 0.7 + 1e-9)],
  ])('is sampled %s', async (_, more, count, expected) => {
    const path = await clips.make(...numbered({ seconds: 3 }), ...H264, 'short.mp4');
    expect(numbers(await decode(path, more))).toEqual(Array.from({ length: count }, (_, k) => expected(k)));
  });

  it.each(['cfr.mkv', 'cfr.ts', 'cfr.h264'])('comes out of %s alike', async (name) => {
    const path = await clips.make(...numbered({}), ...H264, name);
    expect(numbers(await decode(path))).toEqual(EVERY_HALF);
  });
});

describe('awkward timing', () => {
  it('holds a frame of a variable rate for as long as it is displayed', async () => {
    const filter = "select='lt(n,10)+eq(n,101)+gte(n,200)'";
    const path = await clips.make(...numbered({ filter }), '-vsync', 'vfr', ...H264, 'vfr.mp4');
    const displayed = (n: number) => (n >= 200 ? n : n >= 101 ? 101 : Math.min(n, 9));
    expect(numbers(await decode(path))).toEqual(
      Array.from({ length: 20 }, (_, k) => displayed(Math.floor(k * 12.5)) % 219),
    );
  });

  it('begins at zero when the container does not', async () => {
    const path = await clips.make(...numbered({}), ...H264, '-output_ts_offset', '5', 'offset.mkv');
    const durations: number[] = [];
    const frames = await decode(path, { onDuration: (seconds) => durations.push(seconds) });
    expect(numbers(frames)).toEqual(EVERY_HALF);
    expect(durations).toEqual([10]);
  });

  it('fills the slots before a picture that begins after the sound', async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine=d=3'];
    const late = (seconds: number) => ['-filter_complex', `[1]setpts=PTS+${seconds}/TB[v]`];
    const maps = ['-map', '0', '-map', '[v]', ...H264];
    const video = numbered({ seconds: 3 });
    const little = await clips.make(...sound, ...video, ...late(0.09), ...maps, 'late-little.mkv');
    const much = await clips.make(...sound, ...video, ...late(1.17), ...maps, 'late-much.mkv');
    expect(numbers(await decode(little))).toEqual([0, 10, 22, 35, 47, 60, 72]);
    // 1.17 s: displayed first at the slot of 1.5 s.
    expect(numbers(await decode(much))).toEqual([8, 8, 8, 8, 20, 33, 45, 58, 70]);
  });

  it('keeps the grid where the picture changes its size, and where the clock jumps', async () => {
    const half = (size: string, offset: string, name: string) =>
      clips.make(...numbered({ seconds: 5, size }), ...H264, '-output_ts_offset', offset, name);
    const parts = [
      await half('64x48', '0', 'a.ts'),
      await half('96x48', '5', 'b.ts'),
      await half('64x48', '9000', 'c.ts'),
    ];
    const [a, b, c] = await Promise.all(parts.map((part) => readFile(part)));
    const join = async (name: string, ...buffers: (Buffer | undefined)[]) => {
      await writeFile(clips.file(name), Buffer.concat(buffers.map((buffer) => buffer ?? Buffer.alloc(0))));
      return clips.file(name);
    };
    const twice = [...EVERY_HALF.slice(0, 10), ...EVERY_HALF.slice(0, 10)];
    const sizes = await join('sizes.ts', a, b);
    expect(numbers(await decode(sizes))).toEqual(twice);
    expect(numbers(await decode(sizes, { startFrame: 12 }))).toEqual(twice.slice(12));
    expect(numbers(await decode(await join('jump.ts', a, c)))).toEqual(twice);
  });

  it('reads a GIF, raw MJPEG without a frame rate, and raw H.264 without times', async () => {
    const gif = await clips.make(...numbered({ seconds: 3, fps: '10' }), 'a.gif');
    expect(numbers(await decode(gif))).toEqual([0, 5, 10, 15, 20, 25].map((n) => expect.closeTo(n, -1)));
    const mjpeg = await clips.make(...numbered({}), '-c:v', 'mjpeg', '-q:v', '1', 'a.mjpeg');
    expect(numbers(await decode(mjpeg))).toEqual(EVERY_HALF.map((n) => expect.closeTo(n, -0.7)));
  });

  it.each([
    ['a picture', 'still.png', ['-frames:v', '1']],
    ['a photograph', 'still.jpg', ['-frames:v', '1']],
    ['a film of one frame', 'one.mp4', ['-frames:v', '1', ...H264]],
    ['a Matroska film of one frame', 'one.mkv', ['-frames:v', '1', ...H264]],
  ])('gives one frame of %s', async (_, name, args) => {
    const path = await clips.make(...numbered({ seconds: 1 }), ...args, name);
    expect(await decode(path)).toHaveLength(1);
  });
});

describe('geometry', () => {
  const at = (frame: Frame | undefined, x: number, y: number, sizePx: number) => {
    const offset = (y * sizePx + x) * 3;
    return [...(frame?.pixels.subarray(offset, offset + 3) ?? [])].map((value) => (value > 128 ? 1 : 0));
  };
  const RED = [1, 0, 0];
  const BLUE = [0, 0, 1];
  // Left half red, right half blue.
  const sides = (size: string) => [
    ...['-f', 'lavfi', '-i', `color=blue:s=${size}:d=1,drawbox=w=iw/2:c=red:t=fill`],
  ];

  it('takes the middle of a wide picture', async () => {
    const path = await clips.make(...sides('256x64'), ...H264, 'wide.mp4');
    const [frame] = await decode(path);
    expect(frame?.pixels).toHaveLength(16 * 16 * 3);
    expect([at(frame, 2, 8, 16), at(frame, 13, 8, 16)]).toEqual([RED, BLUE]);
  });

  it('crops after it has resized, where the model wants that', async () => {
    const path = await clips.make(...sides('64x64'), ...H264, 'square.mp4');
    const geometry = { ...SMALL, resizePx: 32 };
    const [frame] = await decode(path, { geometry });
    expect([at(frame, 0, 8, 16), at(frame, 15, 8, 16)]).toEqual([RED, BLUE]);
    expect([at(frame, 6, 0, 16), at(frame, 9, 15, 16)]).toEqual([RED, BLUE]);
  });

  it('squeezes the whole picture where the model wants that', async () => {
    // Red is the left eighth: a crop would lose it.
    const source = ['-f', 'lavfi', '-i', 'color=blue:s=256x64:d=1,drawbox=w=32:h=64:c=red:t=fill'];
    const path = await clips.make(...source, ...H264, 'edge.mp4');
    const [squeezed] = await decode(path, { geometry: { ...SMALL, resize: 'exact' } });
    const [cropped] = await decode(path);
    expect([at(squeezed, 0, 8, 16), at(cropped, 0, 8, 16)]).toEqual([RED, BLUE]);
  });

  it('shows a film that was shot upright as people see it', async () => {
    const stored = await clips.make(...sides('64x64'), ...H264, 'stored.mp4');
    const upright = await clips.make('-i', stored, '-c', 'copy', '-metadata:s:v', 'rotate=90', 'turned.mp4');
    const [frame] = await decode(upright);
    // ffmpeg 5.1 writes this as a display matrix of +90 degrees: counter-clockwise, so the left side is at the bottom.
    expect([at(frame, 8, 2, 16), at(frame, 8, 13, 16)]).toEqual([BLUE, RED]);
  });

  it('makes pixels square that are not', async () => {
    // 64 x 64 stored, displayed as 256 x 64: the middle square of it is 16 stored pixels wide.
    const source = [
      '-f',
      'lavfi',
      '-i',
      'color=blue:s=64x64:d=1,drawbox=x=24:w=16:h=64:c=red:t=fill,setsar=4',
    ];
    const path = await clips.make(...source, ...H264, 'wide-pixels.mkv');
    const [frame] = await decode(path);
    expect([at(frame, 1, 8, 16), at(frame, 14, 8, 16)]).toEqual([RED, RED]);
  });

  it('survives a picture that is a line', async () => {
    const path = await clips.make(...sides('4096x2'), '-c:v', 'ffv1', 'line.mkv');
    expect(await decode(path)).toHaveLength(2);
  });
});

describe('a resumed decode', () => {
  const noise = numbered({ seconds: 30, fps: '30000/1001', filter: 'noise=alls=20:allf=t:all_seed=7' });
  const LOSSY = [
    '-c:v',
    'libx264',
    '-preset',
    'medium',
    '-bf',
    '3',
    '-g',
    '250',
    '-x264-params',
    'open-gop=1',
  ];
  const STARTS = [1, 2, 3, 4, 5, 9, 16, 17, 23, 34, 45, 59, 60, 61];

  it.each([
    ['MP4 with B-frames, open GOPs and a long distance between keyframes', 'long.mp4', LOSSY],
    ['fragmented MP4', 'fragments.mp4', [...LOSSY, '-movflags', 'frag_keyframe+empty_moov']],
    ['MP4 that begins late', 'late.mp4', [...LOSSY, '-output_ts_offset', '7.3']],
    ['Matroska', 'long.mkv', LOSSY],
    ['Matroska without an index', 'live.mkv', [...LOSSY, '-live', '1']],
    ['WebM', 'long.webm', ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-g', '300']],
    ['MPEG-TS', 'long.ts', LOSSY],
    ['AVI with B-frames', 'long.avi', ['-c:v', 'mpeg4', '-bf', '2', '-g', '200', '-q:v', '5']],
  ])('gives the same bytes as an undisturbed one: %s', async (_, name, args) => {
    const path = await clips.make(...noise, ...args, name);
    const whole = hashes(await decode(path));
    expect(whole.length).toBeGreaterThanOrEqual(60);
    expect(new Set(whole).size).toBe(whole.length);
    for (const startFrame of STARTS) {
      const rest = await decode(path, { startFrame });
      expect(hashes(rest), `from ${startFrame}`).toEqual(whole.slice(startFrame));
      if (rest[0]) expect(rest[0].mediaSeconds).toBe(startFrame / 2);
    }
  });

  it('gives the same bytes where frames are rare', async () => {
    const filter = "select='not(mod(n,333))+lt(mod(n,500),3)'";
    const args = ['-vsync', 'vfr', ...LOSSY, '-g', '3'];
    const path = await clips.make(...numbered({ seconds: 40, filter }), ...args, 'rare.mp4');
    const whole = hashes(await decode(path));
    for (const startFrame of [1, 7, 13, 14, 25, 26, 27, 40, 53, 54, 60]) {
      expect(hashes(await decode(path, { startFrame })), `from ${startFrame}`).toEqual(
        whole.slice(startFrame),
      );
    }
  });
});
