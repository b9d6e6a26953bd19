// What ffmpeg hands to the model against what the model's own processor would have made of the same picture.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decoderArguments } from '../../ingest/decoder-arguments.ts';
import { type ModelDescription, readModelDescription } from '../../models/description.ts';
import { createEmbedder, type Embedder } from '../../models/embedder.ts';
import { dot } from '../../models/unit-vectors.ts';
import { CLIPS_DIR, hasSharedMaterial, SHARED_MODELS_DIR } from '../support/footage.ts';

const FRAMES = 20;
const MODELS = [
  ['pocket', join(import.meta.dirname, '../../models/pocket')],
  ['scout', join(SHARED_MODELS_DIR, 'scout')],
] as const;

/** Twenty clips spread over the alphabet. */
function pickClips(): string[] {
  const clips = readdirSync(CLIPS_DIR).filter((name) => /\.(mp4|avi)$/.test(name));
  return Array.from({ length: FRAMES }, (_, at) =>
    join(CLIPS_DIR, clips[Math.floor((at * clips.length) / FRAMES)] ?? ''),
  );
}

/** The arguments with which ingest decodes; frame 1 of a grid of 1 fps is the picture at one second. */
function ingestArguments(path: string, { geometry }: ModelDescription): string[] {
  return decoderArguments({
    path,
    geometry,
    sampleFps: 1,
    startFrame: 1,
    isSeekable: false,
    isPaced: false,
    threads: 1,
    hardware: 'none',
  });
}

/** Takes the first frame that these arguments give. */
function firstFrame(args: readonly string[], ...output: string[]): Buffer {
  const command = ['-loglevel', 'error', ...args.slice(0, -1), '-frames:v', '1', ...output, 'pipe:1'];
  return execFileSync('ffmpeg', command, { maxBuffer: 64 * 2 ** 20, stdio: ['ignore', 'pipe', 'ignore'] });
}

/** The same picture at its own size, with square pixels, as PNG: all that ingest does but the change of size. */
function wholePicture(args: readonly string[]): Buffer {
  const whole = args.map((arg) =>
    arg.includes('scale=')
      ? `${arg.slice(0, arg.indexOf('scale='))}scale=w=iw*sar:h=ih:flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24`
      : arg,
  );
  expect(whole).not.toEqual(args);
  return firstFrame(whole, '-f', 'image2pipe', '-c:v', 'png');
}

/** Resize of the shortest side and centre crop as CLIPImageProcessor does them; `cubic` is PIL's bicubic (a = -0.5). */
async function reference(png: Buffer, { geometry }: ModelDescription): Promise<Uint8Array> {
  const { resizePx, sizePx } = geometry;
  const { width, height } = await sharp(png).metadata();
  const shortest = Math.min(width, height);
  const wide = Math.trunc((resizePx * width) / shortest);
  const high = Math.trunc((resizePx * height) / shortest);
  return sharp(png)
    .resize(wide, high, { kernel: 'cubic', fit: 'fill' })
    .extract({
      left: Math.floor((wide - sizePx) / 2),
      top: Math.floor((high - sizePx) / 2),
      width: sizePx,
      height: sizePx,
    })
    .raw()
    .toBuffer();
}

async function embedEach(embedder: Embedder, frames: readonly Uint8Array[]): Promise<Float32Array[]> {
  const { dims } = embedder;
  const vectors = await embedder.embedImages(Buffer.concat(frames), frames.length);
  return frames.map((_, at) => vectors.subarray(at * dims, (at + 1) * dims));
}

test.skipIf(!hasSharedMaterial).each(MODELS)(
  'frames that ingest makes for %s embed like those of a bicubic reference (skipped without ../shared)',
  async (id, directory) => {
    const model = await readModelDescription(directory, id);
    const embedder = await createEmbedder(model, { dtype: 'auto', provider: 'cpu', threads: 2 });
    try {
      const commands = pickClips().map((path) => ingestArguments(path, model));
      const ours = commands.map((args) => new Uint8Array(firstFrame(args, '-f', 'rawvideo')));
      const theirs = await Promise.all(commands.map((args) => reference(wholePicture(args), model)));
      const [left, right] = [await embedEach(embedder, ours), await embedEach(embedder, theirs)];
      const cosines = left.map((vector, at) => dot(vector, right[at] ?? vector));
      const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / FRAMES;
      console.log(
        `${id}: cosine to the reference, ${FRAMES} frames: mean ${mean.toFixed(4)}, min ${Math.min(...cosines).toFixed(4)}`,
      );
      expect(mean).toBeGreaterThanOrEqual(0.99);
      expect(Math.min(...cosines)).toBeGreaterThanOrEqual(0.95);
      // Other pictures are other vectors: the comparison can fail.
      expect(dot(left[0] ?? new Float32Array(), right[1] ?? new Float32Array())).toBeLessThan(0.95);
    } finally {
      await embedder.close();
    }
  },
);
