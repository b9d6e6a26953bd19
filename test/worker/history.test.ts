import { expect, test } from 'vitest';
import { decodeEntry, encodeEnd, encodeFrames, encodeTombstone } from '../../worker/history.ts';

test('frames come back with their times and embeddings', () => {
  const stored = encodeFrames({
    times: [1.5, 2],
    embeddings: Float32Array.of(1, 0, -0.5, 0.25, 0.5, 0.125),
    wall: 1_700_000_000_123,
  });
  expect(stored.length).toBe(16 + 2 * (9 + 3 * 2));
  expect(decodeEntry(stored)).toEqual({
    kind: 'frames',
    times: [1.5, 2],
    embeddings: [Float32Array.of(1, 0, -0.5), Float32Array.of(0.25, 0.5, 0.125)],
    wall: 1_700_000_000_123,
  });
});

test('a frame that repeats the one before it stores no embedding', () => {
  const stored = encodeFrames({ times: [0, 1, 2], repeats: [0, 2], embeddings: Float32Array.of(0.5, 1) });
  expect(stored.length).toBe(16 + 3 * 9 + 2 * 2);
  expect(decodeEntry(stored)).toMatchObject({ embeddings: [undefined, Float32Array.of(0.5, 1), undefined] });
  const nothing = encodeFrames({ times: [4], repeats: [0], embeddings: new Float32Array() });
  expect(decodeEntry(nothing)).toMatchObject({ times: [4], embeddings: [undefined] });
});

test('frames without a wall clock have none', () => {
  expect(decodeEntry(encodeFrames({ times: [0], embeddings: Float32Array.of(1) }))).not.toHaveProperty(
    'wall',
  );
});

test('an entry decodes from a buffer at an odd offset', () => {
  const stored = encodeFrames({ times: [3], embeddings: Float32Array.of(1, 0) });
  const shifted = Buffer.concat([Buffer.alloc(1), stored]).subarray(1);
  expect(decodeEntry(shifted)).toEqual(decodeEntry(stored));
});

test('tombstones and ends are text that no frames begin with', () => {
  const tombstone = { dropped: 'overload', from: 1, to: 1.5, frames: 2 } as const;
  expect(decodeEntry(Buffer.from(encodeTombstone(tombstone)))).toEqual({ kind: 'tombstone', ...tombstone });
  const end = { status: 'failed', reason: { code: 'E_DECODE_TRUNCATED', message: 'short' } } as const;
  expect(decodeEntry(Buffer.from(encodeEnd(end)))).toEqual({ kind: 'end', end });
});

test('an unknown format is refused', () => {
  expect(() => decodeEntry(Buffer.from([9, 0, 0, 0]))).toThrow('format 1, got 9');
});
