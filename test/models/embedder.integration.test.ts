// The shipped model on real frames and words.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readModelDescription } from '../../models/description.ts';
import { createEmbedder, type Embedder } from '../../models/embedder.ts';
import { providerReport } from '../../models/provider.ts';
import { dot } from '../../models/unit-vectors.ts';
import { CLIPS_DIR, hasSharedMaterial } from '../support/footage.ts';

const POCKET = join(import.meta.dirname, '../../models/pocket');
const SIZE = 112;
const BYTES = SIZE * SIZE * 3;

let pocket: Embedder;
beforeAll(async () => {
  const model = await readModelDescription(POCKET, 'pocket');
  pocket = await createEmbedder(model, { dtype: 'auto', provider: 'cpu', threads: 2 });
});
afterAll(() => pocket.close());

/** Frames of ffmpeg's test picture, which moves. */
function testFrames(count: number): Uint8Array {
  const args = ['-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=${SIZE}x${SIZE}:rate=5`];
  const output = ['-frames:v', String(count), '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'];
  return new Uint8Array(execFileSync('ffmpeg', [...args, ...output], { maxBuffer: 2 * count * BYTES }));
}

/** The frame at one second of a clip. */
function clipFrame(path: string): Uint8Array {
  const filter = `scale=${SIZE}:${SIZE}:force_original_aspect_ratio=increase,crop=${SIZE}:${SIZE}`;
  const args = ['-v', 'error', '-ss', '1', '-i', path, '-frames:v', '1', '-vf', filter];
  return new Uint8Array(execFileSync('ffmpeg', [...args, '-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1']));
}

const rowsOf = (vectors: Float32Array) =>
  Array.from({ length: vectors.length / 512 }, (_, at) => vectors.subarray(at * 512, (at + 1) * 512));

test('a frame embeds the same alone and in a batch of eight', async () => {
  const frames = testFrames(8);
  const together = rowsOf(await pocket.embedImages(frames, 8));
  for (const [at, vector] of together.entries()) {
    const alone = await pocket.embedImages(frames.subarray(at * BYTES, (at + 1) * BYTES), 1);
    expect(dot(alone, vector)).toBeGreaterThanOrEqual(0.9999);
  }
  // The frames differ, or the comparison would hold for any order.
  expect(dot(together[0] ?? new Float32Array(), together[7] ?? new Float32Array())).toBeLessThan(0.9999);
});

test.skipIf(!hasSharedMaterial)(
  'frames of real clips embed to unit vectors of 512 that tell the clips apart (skipped without ../shared)',
  async () => {
    const clips = readdirSync(CLIPS_DIR).filter((name) => name.endsWith('.mp4'));
    const frames = clips.slice(0, 6).map((name) => clipFrame(join(CLIPS_DIR, name)));
    const vectors = rowsOf(await pocket.embedImages(Buffer.concat(frames), frames.length));
    expect(vectors).toHaveLength(6);
    for (const [at, vector] of vectors.entries()) {
      expect(vector).toHaveLength(pocket.dims);
      expect(dot(vector, vector)).toBeCloseTo(1, 5);
      for (const other of vectors.slice(at + 1)) expect(dot(vector, other)).toBeLessThan(0.99);
    }
  },
);

describe('words', () => {
  test('embed to unit vectors, like ones near to each other', async () => {
    const [guitar, strumming, swimming] = rowsOf(
      await pocket.embedTexts(['playing guitar', 'a video of a person playing guitar.', 'swimming']),
    );
    if (!guitar || !strumming || !swimming) throw new Error('Expected three vectors.');
    expect(dot(guitar, guitar)).toBeCloseTo(1, 5);
    expect(dot(guitar, strumming)).toBeGreaterThan(dot(guitar, swimming) + 0.2);
  });

  test('embed the same whatever stands beside them, and past the context length', async () => {
    const long = 'a person is playing the guitar on a stage '.repeat(20);
    const alone = await pocket.embedTexts(['swimming']);
    const beside = rowsOf(await pocket.embedTexts([long, 'swimming']));
    expect(dot(alone, beside[1] ?? new Float32Array())).toBeGreaterThanOrEqual(0.9999);
    expect(dot(beside[0] ?? new Float32Array(), beside[0] ?? new Float32Array())).toBeCloseTo(1, 5);
  });
});

describe('providers', () => {
  test('are reported, with the reason where there is no GPU to run on', () => {
    const report = providerReport();
    expect(report.listed).toContain('cpu');
    expect(report.automatic).toBe(report.cudaLibrary === undefined ? 'cpu' : 'cuda');
    expect(report.note === undefined).toBe(report.cudaLibrary !== undefined);
  });

  test.skipIf(providerReport().cudaLibrary !== undefined)(
    'one that was asked for by name and cannot be used is an E_CONFIG, not a silent CPU (skipped with CUDA)',
    async () => {
      const model = await readModelDescription(POCKET, 'pocket');
      const options = { dtype: 'auto', provider: 'cuda', threads: 1 } as const;
      await expect(createEmbedder(model, options)).rejects.toMatchObject({
        code: 'E_CONFIG',
        message: expect.stringContaining('cuda'),
      });
    },
  );
});
