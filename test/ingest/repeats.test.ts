// Frames that repeat the one before.
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../ingest/decoder.ts';
import { RepeatFinder } from '../../ingest/repeats.ts';
import { MAX_REPEATS } from '../../protocol/window.ts';

const frames = (...shades: number[]): Frame[] =>
  shades.map((shade, index) => ({ index, mediaSeconds: index, pixels: new Uint8Array(4).fill(shade) }));

/** Frames of 2 × 2 pixels of one shade. */
const stills = (...shades: number[]): Frame[] =>
  shades.map((shade, index) => ({ index, mediaSeconds: index, pixels: new Uint8Array(12).fill(shade) }));

describe('RepeatFinder', () => {
  it('keeps the pixels of frames that differ from the one before', () => {
    const packed = new RepeatFinder({ acrossWindows: false }).pack(frames(1, 1, 2, 1, 1, 1));
    expect(packed.repeats).toEqual([1, 4, 5]);
    expect([...packed.pixels]).toEqual([1, 1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1]);
  });

  it('begins each window of a file anew, so that the window follows from its own frames', () => {
    const finder = new RepeatFinder({ acrossWindows: false });
    finder.pack(frames(1, 1));
    expect(finder.pack(frames(1, 1)).repeats).toEqual([1]);
  });

  it('goes on over windows of a live stream, but not for ever', () => {
    const finder = new RepeatFinder({ acrossWindows: true });
    const repeated = Array.from(
      { length: 2 * (MAX_REPEATS + 1) },
      () => finder.pack(frames(7)).repeats.length,
    );
    const row = [0, ...Array.from({ length: MAX_REPEATS }, () => 1)];
    expect(repeated).toEqual([...row, ...row]);
  });

  it('never rests on what was given up', () => {
    const finder = new RepeatFinder({ acrossWindows: true });
    finder.pack(frames(7));
    finder.forget();
    expect(finder.pack(frames(7)).repeats).toEqual([]);
  });

  it('takes frames that hardly differ as repeats where that is asked for, up to the threshold', () => {
    const finder = new RepeatFinder({ acrossWindows: true, stillThreshold: 2 });
    expect(finder.pack(stills(100, 102, 103, 104, 101)).repeats).toEqual([1, 3, 4]);
    expect(new RepeatFinder({ acrossWindows: true }).pack(stills(100, 102, 100)).repeats).toEqual([]);
  });

  it('compares with the frame that has pixels: what changes slowly is not missed', () => {
    const finder = new RepeatFinder({ acrossWindows: true, stillThreshold: 2 });
    const { repeats, pixels } = finder.pack(stills(100, 101, 102, 103, 104, 105, 106));
    expect(repeats).toEqual([1, 2, 4, 5]);
    expect([pixels[0], pixels[12], pixels[24]]).toEqual([100, 103, 106]);
  });
});
