// Frames in windows.
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../ingest/decoder.ts';
import { sampleWindows, windowFrames } from '../../ingest/sampler.ts';

let closed = 0;
async function* frames(count: number, failure?: Error): AsyncGenerator<Frame> {
  try {
    for (let index = 0; index < count; index++)
      yield { index, mediaSeconds: index / 2, pixels: new Uint8Array(3) };
    if (failure) throw failure;
  } finally {
    closed++;
  }
}

async function sizes(source: AsyncIterable<Frame>, options: Parameters<typeof sampleWindows>[1]) {
  const found: number[] = [];
  for await (const window of sampleWindows(source, options)) found.push(window.length);
  return found;
}

describe('sampleWindows', () => {
  it('puts 16 frames of a file into a window, and the rest into the last', async () => {
    expect(await sizes(frames(40), { mode: 'file', sampleFps: 2 })).toEqual([16, 16, 8]);
    expect(await sizes(frames(32), { mode: 'file', sampleFps: 2 })).toEqual([16, 16]);
    expect(await sizes(frames(0), { mode: 'file', sampleFps: 2 })).toEqual([]);
  });

  it.each([
    [0.1, 1],
    [2, 1],
    [4, 2],
    [10, 5],
  ])(
    'puts at most half a second of a live stream at %s a second into a window: %s',
    (sampleFps, expected) => {
      expect(windowFrames({ mode: 'live', sampleFps })).toBe(expected);
    },
  );

  it('keeps the order', async () => {
    const seen: number[] = [];
    for await (const window of sampleWindows(frames(40), { mode: 'file', sampleFps: 2 }))
      seen.push(...window.map(({ index }) => index));
    expect(seen).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  it('yields what came before a failure, then fails', async () => {
    const seen: number[] = [];
    const consume = async () => {
      for await (const window of sampleWindows(frames(20, new Error('cut')), { mode: 'file', sampleFps: 2 }))
        seen.push(window.length);
    };
    await expect(consume()).rejects.toThrow('cut');
    expect(seen).toEqual([16, 4]);
  });

  it('closes the source when it is left early', async () => {
    closed = 0;
    for await (const _ of sampleWindows(frames(40), { mode: 'file', sampleFps: 2 })) break;
    expect(closed).toBe(1);
  });
});
